package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// helloPath is the release negotiation of the vSphere Automation API, new in
// 8.0.2.0.
const helloPath = "/api/vcenter/system"

// The bounds that the reference gives for the client's list.
const (
	maxHelloReleases = 128
	maxHelloLength   = 64
)

// hello answers with the first release of the client's list that the vCenter
// has, or an empty string.
func (v *VCenter) hello(w http.ResponseWriter, r *http.Request) {
	if v.opts.NoHello || r.URL.Query().Get("action") != "hello" {
		vapiError(w, http.StatusNotFound, "NOT_FOUND", "com.vmware.vapi.rest.operationsForUrlNotFound", "Not found.")
		return
	}
	if r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}

	var in struct {
		Releases []string `json:"api_releases"`
	}
	body := io.LimitReader(r.Body, 64<<10)
	if err := json.NewDecoder(body).Decode(&in); err != nil {
		invalidHello(w, "The request body is not JSON of the expected form.")
		return
	}
	switch {
	case len(in.Releases) == 0:
		invalidHello(w, "The list of releases is empty.")
		return
	case len(in.Releases) > maxHelloReleases:
		invalidHello(w, fmt.Sprintf("The list of releases is longer than %d.", maxHelloReleases))
		return
	}

	chosen := ""
	for _, id := range in.Releases {
		if len(id) > maxHelloLength {
			invalidHello(w, fmt.Sprintf("A release is longer than %d characters.", maxHelloLength))
			return
		}
		if chosen == "" && slices.Contains(v.opts.Releases, id) {
			chosen = id
		}
	}
	writeJSON(w, http.StatusOK, map[string]string{"api_release": chosen})
}

func invalidHello(w http.ResponseWriter, text string) {
	vapiError(w, http.StatusBadRequest, "INVALID_ARGUMENT", "com.vmware.vapi.std.errors.invalid_argument", text)
}

// vapiError writes an error in the form of the vSphere Automation API.
func vapiError(w http.ResponseWriter, status int, kind, id, text string) {
	type message struct {
		Args    []string `json:"args"`
		Default string   `json:"default_message"`
		ID      string   `json:"id"`
	}
	writeJSON(w, status, map[string]any{
		"error_type": kind,
		"messages":   []message{{Args: []string{}, Default: text, ID: id}},
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // plain strings; only the connection can fail
}
