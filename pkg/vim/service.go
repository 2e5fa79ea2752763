package vim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"vcfleet/pkg/secret"
)

// Release is a release of the API that client and server agreed on: it fixes
// the schema of all answers and stands in every path.
type Release string

// FirstRelease is the first that is served as VI/JSON (8.0 U1). Its servers have
// no hello.
const FirstRelease Release = "8.0.1.0"

// Releases returns the releases that this package offers, newest first: those
// of the VI/JSON OpenAPI 9.1.1 that are served as VI/JSON. Older ids in that
// list name schemas of SOAP alone.
func Releases() []Release {
	return []Release{"9.1.1.0", "9.1.0.0", "9.0.0.0", "8.0.3.1", "8.0.3.0", "8.0.2.0", FirstRelease}
}

// Before reports whether r is older than other.
func (r Release) Before(other Release) bool {
	return slices.Compare(r.numbers(), other.numbers()) < 0
}

// numbers returns a release's numbers; what is none is 0.
func (r Release) numbers() []int {
	var list []int
	for part := range strings.SplitSeq(string(r), ".") {
		n, _ := strconv.Atoi(part)
		list = append(list, n)
	}
	return list
}

// NoReleaseError says that the vCenter serves none of the releases offered.
type NoReleaseError struct {
	Offered []Release
}

// Error names what was offered.
func (e *NoReleaseError) Error() string {
	names := make([]string, len(e.Offered))
	for i, release := range e.Offered {
		names[i] = string(release)
	}
	return "the vCenter serves none of the API releases " + strings.Join(names, ", ")
}

// Hello negotiates the release, without credentials: the server takes the first
// of the client's list that it knows, or answers with an empty string (vSphere
// Automation API, vcenter/system hello, since 8.0 U2). A server that does not
// know the call (404) is taken for one of 8.0 U1; ServiceContent proves it.
func (c *Client) Hello(ctx context.Context) (Release, error) {
	offered := Releases()
	body, err := json.Marshal(struct {
		Releases []Release `json:"api_releases"`
	}{offered})
	if err != nil {
		return "", fmt.Errorf("hello: %w", err)
	}
	var release Release
	answered := false // with a release, be it an empty one
	_, err = c.value(ctx, request{
		name: "hello", object: "vcenter/system", verb: http.MethodPost,
		path: "/api/vcenter/system", query: "action=hello", body: body,
	}, func(v *Value) {
		v.Fields(func(name []byte, v *Value) {
			if string(name) == "api_release" {
				var text string
				text, answered = v.string()
				release = Release(text)
			}
		})
	})
	if answer := new(AnswerError); errors.As(err, &answer) && answer.Status == http.StatusNotFound {
		return FirstRelease, nil
	}
	switch {
	case err != nil:
		return "", err
	case !answered:
		return "", fmt.Errorf("hello: %w", &AnswerError{Status: http.StatusOK, Source: SourceUnknown})
	case release == "":
		return "", fmt.Errorf("hello: %w", &NoReleaseError{Offered: offered})
	case !slices.Contains(offered, release):
		return "", fmt.Errorf("hello: the answer is the release %q, which was not offered", line(string(release)))
	}
	return release, nil
}

// ServiceContent is what ServiceInstance.content says about a vCenter.
type ServiceContent struct {
	About struct {
		FullName     string // VMware vCenter Server 8.0.3 build-24022515
		APIType      string // VirtualCenter, or HostAgent on ESXi
		APIVersion   string
		Version      string
		Build        string
		InstanceUUID string
	}
	RootFolder          ManagedObjectReference
	PropertyCollector   ManagedObjectReference
	ViewManager         ManagedObjectReference
	SessionManager      ManagedObjectReference
	CustomFieldsManager ManagedObjectReference // zero on ESXi
}

// ServiceContent reads ServiceInstance.content, which needs no session.
func (c *Client) ServiceContent(ctx context.Context, release Release) (*ServiceContent, error) {
	content := new(ServiceContent)
	_, err := c.value(ctx, request{
		name: "ServiceInstance.content", object: "ServiceInstance:ServiceInstance", verb: http.MethodGet,
		path: "/sdk/vim25/" + string(release) + "/ServiceInstance/ServiceInstance/content",
	}, content.read)
	if err != nil {
		return nil, err
	}
	for _, member := range []struct {
		name string
		ref  ManagedObjectReference
	}{
		{"rootFolder", content.RootFolder},
		{"propertyCollector", content.PropertyCollector},
		{"viewManager", content.ViewManager},
		{"sessionManager", content.SessionManager},
	} {
		if member.ref.IsZero() {
			return nil, fmt.Errorf("ServiceInstance.content: the answer has no %s", member.name)
		}
	}
	return content, nil
}

func (content *ServiceContent) read(v *Value) {
	v.Fields(func(name []byte, v *Value) {
		switch string(name) {
		case "about":
			v.Fields(content.readAbout)
		case "rootFolder":
			content.RootFolder = v.Ref()
		case "propertyCollector":
			content.PropertyCollector = v.Ref()
		case "viewManager":
			content.ViewManager = v.Ref()
		case "sessionManager":
			content.SessionManager = v.Ref()
		case "customFieldsManager":
			if v.Kind() != KindNull {
				content.CustomFieldsManager = v.Ref()
			}
		}
	})
}

func (content *ServiceContent) readAbout(name []byte, v *Value) {
	about := &content.About
	switch string(name) {
	case "fullName":
		about.FullName = v.Text()
	case "apiType":
		about.APIType = v.Text()
	case "apiVersion":
		about.APIVersion = v.Text()
	case "version":
		about.Version = v.Text()
	case "build":
		about.Build = v.Text()
	case "instanceUuid":
		about.InstanceUUID = v.Text()
	}
}

// Login opens a session. Its key comes in a response header; UserSession.key in
// the body is another value (Web Services Programming Guide 8.0). The request
// carries no session: Login on one that is authenticated answers InvalidLogin.
//
// Login is never sent twice: each wrong password counts towards a lockout.
func (c *Client) Login(ctx context.Context, release Release, content *ServiceContent, user string, password secret.Text) (*Session, error) {
	if !utf8.ValidString(user) || !utf8.ValidString(password.Reveal()) {
		// Marshal would send another one, and that counts as a wrong password.
		return nil, errors.New("Login: the user name or the password is not valid UTF-8")
	}
	body, err := json.Marshal(struct {
		UserName string `json:"userName"`
		Password string `json:"password"`
	}{user, password.Reveal()})
	if err != nil {
		return nil, errors.New("Login: the user name and the password cannot be written as JSON")
	}
	s := &Session{client: c, release: release, content: content}
	header, err := c.value(ctx, request{
		name: "Login", object: content.SessionManager.String(), verb: http.MethodPost,
		path: s.path(content.SessionManager, "Login"), body: body, private: spellings(password),
	}, (*Value).Skip)
	// With the key there is a session, even if the body was cut short: nothing
	// in it is needed, and a session that is not returned cannot be ended.
	if s.key = secret.New(header.Get(sessionHeader)); !s.key.Empty() {
		s.private = spellings(s.key)
		return s, nil
	}
	if err == nil {
		err = fmt.Errorf("Login: the answer has no %s header", sessionHeader)
	}
	return nil, err
}
