package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"

	"vcfleet/pkg/bridge"
)

// maxSessions is the limit of vCenter up to 8.0 U2, which then answers 503.
const maxSessions = 2000

// sessions are the VI/JSON sessions of a vCenter. SOAP's are vcsim's own.
type sessions struct {
	mu   sync.Mutex
	open map[string]*session

	logins, rejected, logouts atomic.Int64
}

// session is one authenticated session with what belongs to it and dies with it.
type session struct {
	id  string
	sim *simulator.Session

	mu     sync.Mutex
	views  map[types.ManagedObjectReference]struct{}
	tokens map[types.ManagedObjectReference]*cursor // by property collector, which has one at a time
	token  int64                                    // the next token
}

func (s *sessions) get(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[id]
}

// add opens a session for a user who has been authenticated.
func (s *sessions) add(user, locale string, registry *simulator.Registry) (*session, error) {
	if locale == "" {
		locale = "en"
	}
	now := time.Now().UTC().Truncate(time.Second) // answers of one length, whenever they are given
	own := &session{
		id: randomHex(20),
		sim: &simulator.Session{
			UserSession: types.UserSession{
				Key:            randomUUID(),
				UserName:       user,
				FullName:       user,
				LoginTime:      now,
				LastActiveTime: now,
				Locale:         locale,
				MessageLocale:  locale,
				UserAgent:      "VI/JSON",
				IpAddress:      "127.0.0.1",
			},
			Registry: simulator.NewRegistry(),
			Map:      registry,
		},
		views:  make(map[types.ManagedObjectReference]struct{}),
		tokens: make(map[types.ManagedObjectReference]*cursor),
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= maxSessions {
		return nil, &bridge.StatusError{Code: 503, Text: "Service Unavailable"}
	}
	s.open[own.id] = own
	s.logins.Add(1)
	return own, nil
}

// remove closes a session at its user's wish; it reports whether there was one.
func (s *sessions) remove(id string) bool {
	if !s.drop(id) {
		return false
	}
	s.logouts.Add(1)
	return true
}

// drop closes a session; it reports whether there was one.
func (s *sessions) drop(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[id] == nil {
		return false
	}
	delete(s.open, id)
	return true
}

func (s *sessions) counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()

	c := Counters{
		Logins:         s.logins.Load(),
		RejectedLogins: s.rejected.Load(),
		Logouts:        s.logouts.Load(),
		OpenSessions:   int64(len(s.open)),
	}
	for _, one := range s.open {
		one.mu.Lock()
		c.OpenViews += int64(len(one.views))
		c.OpenTokens += int64(len(one.tokens))
		one.mu.Unlock()
	}
	return c
}

// openViews returns the views of the session.
func (s *session) openViews() []types.ManagedObjectReference {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []types.ManagedObjectReference
	for ref := range s.views {
		out = append(out, ref)
	}
	return out
}

// putCursor returns the token that continues with the cursor. A session's first
// is "0", as a vCenter's is: clients must not take it for none.
func (s *session) putCursor(pc types.ManagedObjectReference, c *cursor) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.token = strconv.FormatInt(s.token, 10)
	s.token++
	s.tokens[pc] = c
	return c.token
}

// takeCursor returns the cursor of a token and ends the token: it can be used
// once, on the collector that gave it.
func (s *session) takeCursor(pc types.ManagedObjectReference, token string) *cursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.tokens[pc]
	if c == nil || c.token != token {
		return nil
	}
	delete(s.tokens, pc)
	return c
}

// hasCursor reports whether a token is good.
func (s *session) hasCursor(pc types.ManagedObjectReference, token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.tokens[pc]
	return c != nil && c.token == token
}

func (s *session) dropCursor(pc types.ManagedObjectReference) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, pc)
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func randomUUID() string {
	h := randomHex(16)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}
