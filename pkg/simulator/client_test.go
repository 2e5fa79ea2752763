package simulator_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"vcfleet/pkg/simulator"
)

// client is a bare VI/JSON client: tests look at what is on the wire.
type client struct {
	t       testing.TB
	v       *simulator.VCenter
	http    *http.Client
	release string
	session string
}

func newClient(t testing.TB, v *simulator.VCenter) *client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(v.CertificatePEM()) {
		t.Fatal("the certificate cannot be read")
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &client{t: t, v: v, http: &http.Client{Transport: tr}, release: "8.0.1.0"}
}

// send sends a request.
func (c *client) send(ctx context.Context, method, path, body string) (*http.Response, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, "https://"+c.v.Addr()+path, bytes.NewBufferString(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.session != "" {
		req.Header.Set("vmware-api-session-id", c.session)
	}
	return c.http.Do(req)
}

// do sends a request and returns status, body and header.
func (c *client) do(method, path, body string) (int, []byte, http.Header) {
	c.t.Helper()
	res, err := c.send(context.Background(), method, path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, data, res.Header
}

// post calls a method, given as type/moid/method.
func (c *client) post(path, body string) (int, []byte) {
	c.t.Helper()
	status, data, _ := c.do(http.MethodPost, "/sdk/vim25/"+c.release+"/"+path, body)
	return status, data
}

// get reads a property, given as type/moid/property.
func (c *client) get(path string) (int, []byte) {
	c.t.Helper()
	status, data, _ := c.do(http.MethodGet, "/sdk/vim25/"+c.release+"/"+path, "")
	return status, data
}

func (c *client) login() {
	c.t.Helper()
	user, pass := c.v.Credentials()
	body := mustJSON(c.t, map[string]string{"userName": user, "password": pass})
	status, data, header := c.do(http.MethodPost, "/sdk/vim25/"+c.release+"/SessionManager/SessionManager/Login", body)
	if status != http.StatusOK {
		c.t.Fatalf("login: %d %s", status, data)
	}
	c.session = header.Get("vmware-api-session-id")
	if len(c.session) != 40 {
		c.t.Fatalf("session id %q", c.session)
	}
}

func (c *client) logout() {
	c.t.Helper()
	if status, data := c.post("SessionManager/SessionManager/Logout", ""); status != http.StatusNoContent {
		c.t.Fatalf("logout: %d %s", status, data)
	}
}

type moref struct {
	TypeName string `json:"_typeName"`
	Type     string `json:"type"`
	Value    string `json:"value"`
}

// view makes a container view of everything of the types.
func (c *client) view(types ...string) moref {
	c.t.Helper()
	status, data := c.post("ViewManager/ViewManager/CreateContainerView", mustJSON(c.t, map[string]any{
		"container": moref{"ManagedObjectReference", "Folder", "group-d1"}, "type": types, "recursive": true,
	}))
	if status != http.StatusOK {
		c.t.Fatalf("create view: %d %s", status, data)
	}
	var ref moref
	mustDecode(c.t, data, &ref)
	return ref
}

// result is RetrieveResult as far as tests look at it.
type result struct {
	Token   string `json:"token"`
	Objects []struct {
		Obj     moref `json:"obj"`
		PropSet []struct {
			Name string          `json:"name"`
			Val  json.RawMessage `json:"val"`
		} `json:"propSet"`
		MissingSet []struct {
			Path  string          `json:"path"`
			Fault json.RawMessage `json:"fault"`
		} `json:"missingSet"`
	} `json:"objects"`
}

// retrieve is the body of a RetrievePropertiesEx over a view.
func retrieve(view moref, kind string, paths []string, maxObjects int) string {
	options := map[string]any{"_typeName": "RetrieveOptions"}
	if maxObjects > 0 {
		options["maxObjects"] = maxObjects
	}
	body, _ := json.Marshal(map[string]any{
		"specSet": []any{map[string]any{
			"_typeName": "PropertyFilterSpec",
			"propSet":   []any{map[string]any{"_typeName": "PropertySpec", "type": kind, "pathSet": paths}},
			"objectSet": []any{map[string]any{
				"_typeName": "ObjectSpec", "obj": view, "skip": true,
				"selectSet": []any{map[string]any{
					"_typeName": "TraversalSpec", "name": "view", "type": "ContainerView", "path": "view", "skip": false,
				}},
			}},
		}},
		"options": options,
	})
	return string(body)
}

// fault is a MethodFault as far as tests look at it.
type fault struct {
	TypeName        string `json:"_typeName"`
	Name            string `json:"name"`
	InvalidProperty string `json:"invalidProperty"`
	PrivilegeID     string `json:"privilegeId"`
	Faultstring     string `json:"faultstring"`
	Object          *moref `json:"object"`
	Obj             *moref `json:"obj"`
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mustDecode(t testing.TB, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("decode %.200s: %v", data, err)
	}
}
