package simulator

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"runtime"
	"sync"

	"github.com/vmware/govmomi/vim25/soap"
)

// maxSOAP bounds the body of a SOAP request; vcsim does not.
const maxSOAP = 32 << 20

// soapWaits are the waits for updates under way over SOAP. vcsim gives such a
// call no context, so only CancelWaitForUpdates can end it.
type soapWaits struct {
	mu   sync.Mutex
	last int
	open map[int]soapWait
}

type soapWait struct {
	collector string
	cookie    string
}

// attachSOAP makes vcsim's SOAP handler ready without a listener of its own.
func (v *VCenter) attachSOAP() {
	v.waits.open = make(map[int]soapWait)
	v.service.Listen = v.SOAPURL() // its user is the one that may log in
	v.service.RegisterSDK(v.registry, "/sdk/vimService")
	v.registry.SessionManager().ServiceHostName = v.Addr()
}

// serveSOAP hands a request to vcsim, keeping account of waits.
func (v *VCenter) serveSOAP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSOAP))
	if err != nil {
		http.Error(w, "the request could not be read", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))

	if bytes.Contains(body, []byte("WaitForUpdates")) && !bytes.Contains(body, []byte("CancelWaitForUpdates")) {
		defer v.waits.add(body, r)()
	}
	v.service.ServeSDK(w, r)
}

func (s *soapWaits) add(body []byte, r *http.Request) (done func()) {
	var wait soapWait
	if m := regexp.MustCompile(`type="PropertyCollector"[^>]*>([^<]+)<`).FindSubmatch(body); m != nil {
		wait.collector = string(m[1])
	}
	if c, err := r.Cookie(soap.SessionCookieName); err == nil {
		wait.cookie = c.Value
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	id := s.last
	s.open[id] = wait
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, id)
	}
}

func (s *soapWaits) list() []soapWait {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []soapWait
	for _, w := range s.open {
		out = append(out, w)
	}
	return out
}

// endWaits cancels every wait, again and again because one may not have begun
// to listen yet.
func (v *VCenter) endWaits() {
	for {
		open := v.waits.list()
		if len(open) == 0 {
			return
		}
		for _, w := range open {
			v.cancelWait(w)
		}
		runtime.Gosched()
	}
}

func (v *VCenter) cancelWait(w soapWait) {
	envelope := fmt.Sprintf(`<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>`+
		`<CancelWaitForUpdates xmlns="urn:vim25"><_this type="PropertyCollector">%s</_this></CancelWaitForUpdates>`+
		`</Body></Envelope>`, w.collector)
	r, err := http.NewRequest(http.MethodPost, v.SOAPURL().String(), bytes.NewBufferString(envelope))
	if err != nil {
		return // the URL is ours
	}
	r.AddCookie(&http.Cookie{Name: soap.SessionCookieName, Value: w.cookie})
	v.service.ServeSDK(discard{}, r)
}

// discard is a response that nobody reads.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
