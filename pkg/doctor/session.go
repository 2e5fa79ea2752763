package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vcfleet/pkg/tabular"
	"vcfleet/pkg/vim"
)

// trace keeps what the answers say beside their content.
func (v *visit) trace(t vim.Trace) {
	if v.session != nil {
		return // a retrieval's requests come from several goroutines
	}
	if t.TLS != nil {
		v.connection = t.TLS
	}
	if t.Date.IsZero() {
		return
	}
	// A Date is cut to the second, and was written half a round trip ago.
	s := sample{took: t.Took, skew: t.Date.Add(time.Second / 2).Sub(time.Now().Add(-t.Took / 2))}
	if !v.clock.Known || s.took < v.clock.Value.took {
		v.clock = tabular.Some(s)
	}
}

// negotiate agrees on a release and proves that it is served.
func (v *visit) negotiate(ctx context.Context) Result {
	ctx, cancel := v.bounded(ctx)
	defer cancel()
	if v.hello == nil {
		v.hello = func() (vim.Release, error) { return v.client.Hello(ctx) }
	}
	release, err := v.hello()
	if err != nil {
		return v.failed(ctx, err)
	}
	content, err := v.client.ServiceContent(ctx, release)
	if err != nil {
		return v.failed(ctx, err)
	}
	v.release, v.content = release, content
	return Result{Status: OK, Detail: "VI/JSON release " + string(release)}.with("release", string(release))
}

// identity says who it is. (A vCenter's twin is found when all have answered:
// see Report.MarkTwins.)
func (v *visit) identity(context.Context) Result {
	about := v.content.About
	r := Result{
		Status: OK,
		Detail: fmt.Sprintf("%s, instanceUuid %s", cmp.Or(about.FullName, "vCenter "+about.Version+" build "+about.Build), cmp.Or(about.InstanceUUID, "unknown")),
	}
	if about.APIType != "VirtualCenter" {
		r.Status, r.Hint = Fail, "give the vCenter that manages this host"
		r.Detail = fmt.Sprintf("it is no vCenter, but %s (%s)", cmp.Or(about.FullName, "something else"), cmp.Or(about.APIType, "no apiType"))
	}
	return r.with("apiVersion", about.APIVersion).with("build", about.Build).with("instanceUuid", about.InstanceUUID).with("version", about.Version)
}

// sample is one reading of the vCenter's clock.
type sample struct{ took, skew time.Duration }

// maxSkew is what is warned of. Single sign-on refuses tokens beyond a
// difference of 5 minutes.
const maxSkew = time.Minute

func (v *visit) skew(context.Context) Result {
	if !v.clock.Known {
		return Result{Status: Warn, Detail: "the answers have no Date: the clock was not compared", Hint: "see whether a proxy in between changes answers"}
	}
	skew := v.clock.Value.skew
	r := Result{Status: OK, Skew: tabular.Some(skew.Milliseconds())}
	side := "ahead of"
	if skew < 0 {
		side = "behind"
	}
	switch size := skew.Abs(); {
	case size <= time.Second+v.clock.Value.took/2:
		r.Detail = "the clock agrees with this machine's"
	case size > maxSkew:
		r.Status = Warn
		r.Hint = "synchronise the vCenter and this machine by NTP: single sign-on refuses tokens from a difference of 5 minutes, and ages in reports are wrong"
		fallthrough
	default:
		r.Detail = fmt.Sprintf("the clock is %v %s this machine's", size.Round(time.Second), side)
	}
	return r
}

// login logs in. A login under way when ctx ends is waited for a little longer:
// the session that it opens can only be ended with the key in its answer.
func (v *visit) login(ctx context.Context) Result {
	done, err := v.options.Admit(ctx, v.vc)
	if err != nil {
		if ctx.Err() != nil {
			return v.failed(ctx, ctx.Err())
		}
		return Result{Status: Skipped, Detail: err.Error(), Hint: "correct the credential; collect.max_rejected_logins says how many vCenters may reject one"}
	}
	defer func() {
		// NoPermission is what an account without any role gets: its password was
		// right (Login, VI/JSON OpenAPI 9.1.1).
		done(v.session != nil || errors.Is(err, vim.NoPermission), errors.Is(err, vim.InvalidLogin))
	}()
	ctx, cancel := v.bounded(ctx)
	defer cancel()
	patient, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(cleanupTimeout, stop) })()
	v.session, err = v.client.Login(patient, v.release, v.content, v.vc.Username, v.vc.Password)
	if err != nil && patient.Err() != nil {
		err = fmt.Errorf("Login: %w", ctx.Err()) // the deadline or the interruption, not the end of patience
	}
	if err != nil {
		return v.failed(ctx, err)
	}
	return Result{Status: OK, Detail: v.vc.Username + " is logged in"}.with("username", v.vc.Username)
}

// The releases in which ContinueRetrievePropertiesEx wants System.Read on the
// root folder: fixed in 8.0.3 (govmomi #3455). Those before 7.0.3.2, where it
// began, do not speak VI/JSON.
const rootNotNeeded vim.Release = "8.0.3"

// root reads the root folder. effectiveRole tells View alone from Read: a name
// needs no more than System.View.
func (v *visit) root(ctx context.Context) Result {
	ctx, cancel := v.bounded(ctx)
	defer cancel()
	folder := new(folderReader)
	err := v.retrieve(ctx, vim.Query{
		Objects:    []vim.ManagedObjectReference{v.content.RootFolder},
		Properties: []vim.PropertySpec{{Type: "Folder", Paths: []string{"name", "effectiveRole"}}},
	}, folder)
	switch {
	case err != nil:
		return v.failed(ctx, err)
	case folder.lost:
		return v.failed(ctx, vim.NotAuthenticated)
	case folder.readable():
		return Result{Status: OK, Detail: "the root folder can be read"}.with("effectiveRole", strings.Join(folder.roles(), " "))
	}
	r := Result{
		Status: Warn, Hint: rootFix(),
		Detail: "the root folder cannot be read: what the account does not see is missing from a report without a trace, and paths are not complete",
	}
	if version := vim.Release(v.content.About.Version); version.Before(rootNotNeeded) {
		r.Status = Fail
		r.Detail = fmt.Sprintf("the root folder cannot be read, and vCenter %s then refuses the second page of any reading with NoPermission (before 8.0 U3; govmomi #3455): a collection stops after its first page", version)
		r.Hint += "; at the very least without propagation, or update to 8.0 U3"
	}
	return r.with("effectiveRole", strings.Join(folder.roles(), " "))
}

// retrieve is Session.Retrieve, with what it leaves over given back.
func (v *visit) retrieve(ctx context.Context, q vim.Query, h vim.Handler) error {
	done, err := v.session.Retrieve(ctx, q, h)
	if done.Token != "" {
		ctx, cancel := cleanup(ctx)
		defer cancel()
		// The logout takes it as well.
		_ = v.session.CancelRetrievePropertiesEx(ctx, done.Token)
	}
	return err
}

// folderReader takes the root folder.
type folderReader struct {
	named, refused, lost bool
	role                 []int64
}

// The built-in roles without System.Read (as govmomi lists them in
// simulator/esx/authorization_manager.go). A role that somebody made always has
// it.
const (
	roleView      = -3
	roleAnonymous = -4
	roleNoAccess  = -5
)

// readable reports whether the folder has come, and not for its name alone.
func (f *folderReader) readable() bool {
	return f.named && !f.refused && (len(f.role) == 0 || slices.ContainsFunc(f.role, func(id int64) bool {
		return id != roleView && id != roleAnonymous && id != roleNoAccess
	}))
}

func (f *folderReader) roles() []string {
	var ids []string
	for _, id := range f.role {
		ids = append(ids, fmt.Sprint(id))
	}
	return ids
}

func (f *folderReader) Object(vim.ManagedObjectReference) {}
func (f *folderReader) End()                              {}

func (f *folderReader) Property(path string, value *vim.Value) {
	switch path {
	case "name":
		f.named = value.Text() != ""
	case "effectiveRole":
		value.Elements(func(value *vim.Value) {
			if id, ok := value.Int(); ok {
				f.role = append(f.role, id)
			}
		})
	}
}

func (f *folderReader) Missing(_ string, fault *vim.Fault) {
	f.refused = true
	f.lost = f.lost || fault.Type == vim.NotAuthenticated
}

// logout ends the session, interrupted or not.
func (v *visit) logout(ctx context.Context) Result {
	ctx, cancel := cleanup(ctx)
	defer cancel()
	session := v.session
	v.session = nil
	if err := session.Logout(ctx); err != nil {
		return v.failed(ctx, err)
	}
	return Result{Status: OK, Detail: "the session is ended"}
}
