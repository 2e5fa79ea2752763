package collector_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vcfleet/pkg/config"
	"vcfleet/pkg/inventory"
	"vcfleet/pkg/simulator"
)

func noPassword(t *testing.T, r inventory.VCenter) {
	for _, p := range r.Problems {
		if strings.Contains(p.Message+p.Hint, simulator.DefaultPassword) {
			t.Errorf("the password is in %+v", p)
		}
	}
}

func onPage(h http.HandlerFunc) begin {
	return func(t *testing.T) (config.VCenter, *simulator.VCenter) { return instead(t, "RetrievePropertiesEx", h) }
}

func onNext(h http.HandlerFunc) begin {
	return func(t *testing.T) (config.VCenter, *simulator.VCenter) {
		return instead(t, "ContinueRetrievePropertiesEx", h)
	}
}

// prop is a property of an object, its value in JSON.
func prop(name, value string) string {
	return fmt.Sprintf(`{"_typeName":"DynamicProperty","name":%q,"val":%s}`, name, value)
}

// object is an ObjectContent; the properties are made by prop.
func object(typ, value string, props ...string) string {
	return fmt.Sprintf(`{"_typeName":"ObjectContent","obj":{"_typeName":"ManagedObjectReference","type":%q,"value":%q},"propSet":[%s]}`,
		typ, value, strings.Join(props, ","))
}

func root() string {
	return object("Folder", "group-d1", prop("name", `{"_typeName":"string","_value":"Datacenters"}`))
}

func missing(typ, value, path, fault string) string {
	return fmt.Sprintf(`{"obj":{"type":%q,"value":%q},"missingSet":[{"path":%q,"fault":%s}]}`, typ, value, path, fault)
}

func result(objects ...string) string {
	return `{"_typeName":"RetrieveResult","objects":[` + strings.Join(objects, ",") + `]}`
}

// badPages are answers that cannot be read.
func badPages() []badCase {
	const head = `{"_typeName":"RetrieveResult","token":"0","objects":[`
	nested := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	nestedObjects := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	filler := object("Unheard", "of-1", prop("text", `"`+strings.Repeat("x", 1<<16)+`"`)) + ","
	list := []badCase{
		{name: "reset in the middle of a page", class: inventory.ClassUnreachable, hint: "run it again", begin: onPage(cutOff(head + root() + ","))},
		{name: "reset in the middle of the second page", class: inventory.ClassUnreachable, hint: "run it again", begin: onNext(cutOff(head + root() + ","))},
		{name: "hangs in the middle of a page", class: inventory.ClassTimeout, hint: "timeout", message: "deadline", begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
			vc, v := instead(t, "RetrievePropertiesEx", func(w http.ResponseWriter, r *http.Request) {
				page(head)(w, r)
				_ = http.NewResponseController(w).Flush()
				waitFor(r)
			})
			vc.Timeout = 2 * time.Second // longer than what comes before takes
			return vc, v
		}},
		{name: "a page cut in half", class: inventory.ClassProtocol, hint: "run it again", begin: onPage(page(head + root() + `,{"obj":{"type":"Virt`))},
		{name: "a page of 3 GB", class: inventory.ClassLimit, message: "limit", hint: "page_size", begin: onPage(endlessly("application/json", head, filler))},
		{name: "deep nesting of arrays", class: inventory.ClassLimit, message: "levels of nesting", begin: onPage(page(result(root(), object("VirtualMachine", "vm-1", prop("config.hardware.device", nested)))))},
		{name: "deep nesting of objects", class: inventory.ClassLimit, message: "levels of nesting", begin: onPage(page(result(root(), object("Unheard", "of-1", prop("x", nestedObjects)))))},
		{name: "a web page for a page", class: inventory.ClassNotAVCenter, begin: onPage(says(200, "text/html", "<html>"))},
		{name: "an empty object for a page", class: inventory.ClassProtocol, message: "RetrieveResult", begin: onPage(page(`{}`))},
		{name: "an array for a page", class: inventory.ClassProtocol, begin: onPage(page(`[]`))},
		{name: "objects that are a text", class: inventory.ClassProtocol, message: "objects", begin: onPage(page(`{"objects":"none"}`))},
		{name: "an object without a reference", class: inventory.ClassProtocol, message: "without a reference", begin: onPage(page(`{"objects":[{"propSet":[]}]}`))},
		{name: "a page and more", class: inventory.ClassProtocol, begin: onPage(page(result(root()) + `{"more":1}`))},
		{name: "the same page for ever", class: inventory.ClassProtocol, begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
			again := page(`{"_typeName":"RetrieveResult","token":"7","objects":[]}`)
			v := start(t, simulator.Options{VMs: 1, Wrap: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.HasSuffix(method(r), "RetrievePropertiesEx") && !strings.HasPrefix(method(r), "Cancel") {
						again(w, r)
						return
					}
					next.ServeHTTP(w, r)
				})
			}})
			return target(v), v
		}},
	}
	list = append(list, refusedPages()...)
	for i := range list {
		list[i].phase, list[i].logout = inventory.PhaseRead, inventory.LogoutOK
	}
	return list
}

// refusedPages are faults instead of pages.
func refusedPages() []badCase {
	return []badCase{
		{name: "unavailable at the second page", class: inventory.ClassThrottled, begin: onNext(says(503, "text/plain", "no healthy upstream"))},
		{
			name: "no permission for the second page", class: inventory.ClassNoPermission, hint: "root folder", message: "System.Read",
			begin: onNext(fault(`{"_typeName":"NoPermission","object":{"type":"PropertyCollector","value":"pc"},"privilegeId":"System.Read"}`)),
		},
		{
			name: "a property that the release does not have", class: inventory.ClassUnsupportedProperty, message: "config.ftInfo",
			begin: onPage(fault(`{"_typeName":"InvalidProperty","name":"config.ftInfo"}`)),
			more: func(t *testing.T, r inventory.VCenter) {
				if len(r.Problems) == 1 && r.Problems[0].Path != "config.ftInfo" {
					t.Errorf("path %q", r.Problems[0].Path)
				}
			},
		},
		{name: "the session ended", class: inventory.ClassSessionLost, begin: onNext(fault(`{"_typeName":"NotAuthenticated","privilegeId":"","faultstring":"The session is not authenticated."}`))},
		{
			name: "the session ended, answered with 200", class: inventory.ClassSessionLost, message: "no longer knows the session",
			begin: onPage(page(result(root(), missing("VirtualMachine", "vm-1", "name", `{"_typeName":"NotAuthenticated"}`)))),
		},
		{name: "the view is gone", class: inventory.ClassFault, begin: onPage(fault(`{"_typeName":"ManagedObjectNotFound","obj":{"type":"ContainerView","value":"session[1]2"}}`))},
	}
}

// badEnds are vCenters that do not let us make or give back a view.
func badEnds() []badCase {
	on := func(method string, h http.HandlerFunc) begin {
		return func(t *testing.T) (config.VCenter, *simulator.VCenter) { return instead(t, method, h) }
	}
	broken := fault(`{"_typeName":"SystemError","reason":"broken"}`)
	return []badCase{
		{name: "no view", logout: inventory.LogoutOK, phase: inventory.PhaseView, class: inventory.ClassFault, hint: "log", message: "SystemError", begin: on("CreateContainerView", broken)},
		{name: "a view that is a number", logout: inventory.LogoutOK, phase: inventory.PhaseView, class: inventory.ClassProtocol, begin: on("CreateContainerView", page(`7`))},
		{name: "the view stays", status: inventory.Complete, logout: inventory.LogoutOK, begin: on("DestroyView", broken), more: func(t *testing.T, r inventory.VCenter) {
			if len(r.Problems) != 0 { // it died with the session
				t.Errorf("problems %+v", r.Problems)
			}
		}},
		{name: "the session stays", status: inventory.Complete, logout: inventory.LogoutFailed, phase: inventory.PhaseLogout, class: inventory.ClassFault, begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
			vc, _ := instead(t, "Logout", broken)
			return vc, nil
		}},
		{name: "a page that fails and a session that stays", logout: inventory.LogoutFailed, phase: inventory.PhaseRead, class: inventory.ClassFault, begin: func(t *testing.T) (config.VCenter, *simulator.VCenter) {
			v := start(t, simulator.Options{VMs: 1, Wrap: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch method(r) {
					case "RetrievePropertiesEx", "DestroyView", "Logout":
						broken(w, r)
					default:
						next.ServeHTTP(w, r)
					}
				})
			}})
			return target(v), nil
		}},
	}
}
