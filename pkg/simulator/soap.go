package simulator

import (
	"bytes"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// maxSOAP bounds the body of a SOAP request; vcsim does not.
const maxSOAP = 32 << 20

// soapWaits are the waits for updates under way over SOAP. vcsim gives such a
// call no context, so only CancelWaitForUpdates can end it.
type soapWaits struct {
	mu         sync.Mutex
	open       int
	collectors map[*simulator.PropertyCollector]struct{}
}

func (s *soapWaits) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
}

func (s *soapWaits) add(pc *simulator.PropertyCollector) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.collectors[pc] = struct{}{}
}

func (s *soapWaits) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open--; s.open == 0 {
		clear(s.collectors)
	}
}

// cancel ends what waits and reports whether anything did.
func (s *soapWaits) cancel() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for pc := range s.collectors {
		pc.CancelWaitForUpdates(&types.CancelWaitForUpdates{This: pc.Self})
	}
	return s.open > 0
}

// attachSOAP makes vcsim's SOAP handler ready without a listener of its own.
func (v *VCenter) attachSOAP() {
	v.waits.collectors = make(map[*simulator.PropertyCollector]struct{})
	v.service.Listen = v.SOAPURL() // its user is the one that may log in
	v.service.RegisterSDK(v.registry, "/sdk/vimService")
	v.registry.SessionManager().ServiceHostName = v.Addr()
	v.registry.Handler = v.checkSOAP
}

// checkSOAP stands before every SOAP method. What vcsim would log, a missing
// object or method, is answered here; nil leaves the call to vcsim.
func (v *VCenter) checkSOAP(ctx *simulator.Context, m *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	if isTask(m.Name) {
		return nil, &types.NotSupported{}
	}
	obj := v.registry.Get(m.This)
	if ctx.Session != nil {
		obj = ctx.Session.Get(m.This)
	}
	if obj == nil {
		return nil, &types.ManagedObjectNotFound{Obj: m.This}
	}
	if pc, ok := obj.(*simulator.PropertyCollector); ok && strings.HasPrefix(m.Name, "WaitForUpdates") {
		v.waits.add(pc)
	}
	name := strings.ToUpper(m.Name[:1]) + m.Name[1:]
	if ctx.Session != nil && !reflect.ValueOf(obj).MethodByName(name).IsValid() {
		return nil, &types.MethodNotFound{Receiver: m.This, Method: m.Name}
	}
	return nil, nil
}

// serveSOAP hands a request to vcsim, keeping account of waits.
func (v *VCenter) serveSOAP(w http.ResponseWriter, r *http.Request) {
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, maxSOAP)); err != nil {
		http.Error(w, "the request could not be read", http.StatusBadRequest)
		return
	}
	body := buf.Bytes()
	r.Body = io.NopCloser(bytes.NewReader(body))

	if bytes.Contains(body, []byte("WaitForUpdates")) && !bytes.Contains(body, []byte("CancelWaitForUpdates")) {
		v.waits.begin()
		defer v.waits.end()
	}
	v.service.ServeSDK(w, r)
}

// endWaits cancels every wait, again and again because one may not have begun
// to listen yet.
func (v *VCenter) endWaits() {
	for v.waits.cancel() {
		time.Sleep(time.Millisecond)
	}
}
