package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

// params are the METHOD and the VALUE of a fault, read.
type params struct {
	method   string // empty for every one
	times    int    // 0 for always
	duration time.Duration
	word     string // a type or one of a few words
	of       string // the type that path is narrowed to, empty for every one
	path     string
}

// maxFaultTimes and maxFaultDuration bound VALUE.
const (
	maxFaultTimes    = 1_000_000
	maxFaultDuration = time.Hour
)

// The values of faultMethod.def that are not a method.
const (
	noMethod  = ""
	anyMethod = "*"
)

// faultMethod says whether a fault takes METHOD: not at all, or with a default.
type faultMethod struct {
	def  string
	call bool // of VI/JSON methods only, not of properties and hello
}

func (m faultMethod) parse(text string, given bool, p *params) error {
	switch {
	case !given && m.def != anyMethod:
		p.method = m.def
		return nil
	case !given:
		return nil
	case m.def == noMethod:
		return errors.New("it takes no METHOD")
	case !isMethod(text) && (m.call || !isProperty(text)):
		return fmt.Errorf("no method %q", text)
	}
	p.method = text
	return nil
}

// isMethod reports whether vim25 has a method of that name.
func isMethod(name string) bool {
	_, ok := types.TypeFunc()(name + "RequestType")
	return ok
}

// isProperty reports whether the name may be a property's; hello looks like one.
func isProperty(name string) bool {
	return regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`).MatchString(name)
}

// faultValue says whether a fault takes VALUE, and how it is read.
type faultValue struct {
	label string // empty if it takes none
	def   string
	read  func(text string, p *params) error
}

func (v faultValue) parse(text string, given bool, p *params) error {
	switch {
	case given && v.label == "":
		return errors.New("it takes no VALUE")
	case v.label == "", !given && v.def == "":
		return nil
	case !given:
		text = v.def
	}
	return v.read(text, p)
}

// timesValue is the number of times that a fault happens; without one, always.
func timesValue(def string) faultValue {
	return faultValue{label: "N", def: def, read: func(text string, p *params) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxFaultTimes {
			return fmt.Errorf("%q is not a number from 1 to %d", text, maxFaultTimes)
		}
		p.times = n
		return nil
	}}
}

func durationValue(def string) faultValue {
	return faultValue{label: "DURATION", def: def, read: func(text string, p *params) error {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 || d > maxFaultDuration {
			return fmt.Errorf("%q is not a duration such as 1s, at most %s", text, maxFaultDuration)
		}
		p.duration = d
		return nil
	}}
}

// propertyValue is a property path; with TYPE: before it, it is that type's only.
func propertyValue(def string) faultValue {
	return faultValue{label: "[TYPE:]PATH", def: def, read: func(text string, p *params) error {
		p.path = text
		if of, rest, ok := strings.Cut(text, ":"); ok {
			p.of, p.path = of, rest
			if of == "" || lookupObjectType(of) == nil {
				return fmt.Errorf("no type %q", of)
			}
		}
		if p.path == "" || strings.ContainsAny(p.path, " \t\r\n") {
			return fmt.Errorf("%q is not a property path", text)
		}
		return nil
	}}
}

func typeValue(def string) faultValue {
	return faultValue{label: "TYPE", def: def, read: func(text string, p *params) error {
		if lookupObjectType(text) == nil {
			return fmt.Errorf("no type %q", text)
		}
		p.word = text
		return nil
	}}
}

// oneOf is one of a few words, the first by default.
func oneOf(words ...string) faultValue {
	label := strings.Join(words, "|")
	return faultValue{label: label, def: words[0], read: func(text string, p *params) error {
		if !slices.Contains(words, text) {
			return fmt.Errorf("%q is not one of %s", text, label)
		}
		p.word = text
		return nil
	}}
}

// concerns reports whether a request is the fault's to answer. SOAP's are not.
func (p params) concerns(r *http.Request) bool {
	if p.method == "" {
		return r.URL.Path != "/sdk" && !strings.HasPrefix(r.URL.Path, "/sdk/vimService")
	}
	name, ok := requestName(r)
	return ok && name == p.method
}

// requestName is the name by which a request of VI/JSON or hello is counted.
func requestName(r *http.Request) (string, bool) {
	switch {
	case r.URL.Path == helloPath:
		return "hello", true
	case strings.HasPrefix(r.URL.Path, bridge.Prefix):
		return r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:], true
	default:
		return "", false
	}
}

// budget is how often a fault still happens.
type budget struct {
	mu     sync.Mutex
	left   int
	always bool
}

// newBudget returns the budget of a fault, without end if times is 0.
func (p params) newBudget() *budget { return &budget{left: p.times, always: p.times == 0} }

// take reports whether the fault happens now.
func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.always {
		return true
	}
	if b.left == 0 {
		return false
	}
	b.left--
	return true
}
