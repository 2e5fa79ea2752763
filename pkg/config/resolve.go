package config

import (
	"os"
	"strings"
)

// config applies defaults and checks what spans several values. It notes
// problems like everything else; the result counts only without any.
func (l *loader) config(doc document, o Options) *Config {
	c := &Config{file: l.file, sources: map[string]*source{}, lookupEnv: o.LookupEnv, commandLimit: commandLimit}
	if c.lookupEnv == nil {
		c.lookupEnv = os.LookupEnv
	}
	l.unique(doc.vcenters.value)
	accounts := map[string]named[account]{}
	var names []string
	for _, a := range doc.credentials.value {
		accounts[a.name] = a
		names = append(names, a.name)
	}
	used := map[string]bool{}
	disabled := 0
	for _, entry := range doc.vcenters.value {
		s := effective(entry.value.settings, doc.defaults.value)
		v, from := l.vcenter(entry, s)
		if s.credential.ok {
			used[v.Credential] = true
			if a, ok := accounts[v.Credential]; ok {
				v.Username, from = a.value.username.value, a.value.password.value
			} else if !l.full() {
				l.unknownCredential(s.credential.place, v.Credential, names, doc.credentials)
			}
		}
		if s.enabled.ok && !v.Enabled {
			disabled++
		}
		c.VCenters = append(c.VCenters, v)
		c.sources[strings.ToLower(v.Name)] = from
	}
	if n := len(doc.vcenters.value); n > 0 && disabled == n {
		l.problem(doc.vcenters.place, "enable at least one", "are all disabled")
	}
	for _, a := range doc.credentials.value {
		if !used[a.name] {
			l.warn(a.at, "", "is used by no vCenter")
		}
	}
	for _, f := range collectFields(o) {
		f.fallback(&doc.collect.value)
	}
	collect := doc.collect.value
	c.Collect = Collect{Concurrency: collect.concurrency.value, MaxRejectedLogins: collect.maxRejectedLogins.value, Sections: collect.sections.value}
	c.Warnings = tidy(l.warnings)
	return c
}

// unknownCredential notes a reference that leads nowhere; nothing when the
// entry itself is there but wrong.
func (l *loader) unknownCredential(p place, name string, names []string, all given[[]named[account]]) {
	if all.present && !all.ok {
		return
	}
	if len(names) == 0 {
		l.problem(p, "add it under `credentials`", "refers to the credential %s, and the file has none", show(name))
		return
	}
	l.problem(p, didYouMean(name, names), "refers to an unknown credential: %s", show(name))
}

// effective is what holds for one vCenter. An own username or password puts
// the default credential aside, and the missing half comes from defaults. A
// credential, own or default, otherwise wins over username and password.
func effective(own, defaults settings) settings {
	if own.username.present || own.password.present {
		defaults.credential = given[string]{}
	}
	for _, f := range settingsFields() {
		f.inherit(&own, &defaults)
		f.fallback(&own)
	}
	for _, f := range tlsFields() {
		f.fallback(&own.tls.value)
	}
	return own
}

func (l *loader) vcenter(entry item[vcenterEntry], s settings) (VCenter, *source) {
	v := VCenter{
		Name: entry.value.name.value, Host: entry.value.host.value, Labels: s.labels.value,
		Enabled: s.enabled.value, Timeout: s.timeout.value, PageSize: s.pageSize.value, Proxy: s.proxy.value,
		TLS: TLS{
			CAFile: s.tls.value.caFile.value, Thumbprint: s.tls.value.thumbprint.value,
			ServerName: s.tls.value.serverName.value, Insecure: s.tls.value.insecure.value,
		},
		Credential: s.credential.value, Username: s.username.value,
	}
	if v.TLS.Insecure {
		l.warn(s.tls.value.insecure.place, "pin it with thumbprint, or name its CA with ca_file", "means that the certificate is not checked")
	}
	if len(v.Labels) == 0 {
		v.Labels = nil
	}
	if s.credential.present {
		return v, nil
	}
	const hint = "give it here, in defaults, or refer to an entry of `credentials`"
	switch {
	case !s.username.present && !s.password.present:
		l.problem(entry.place, "give a credential, here or in defaults", "has no `credential`, and no `username` and `password` either")
	case !s.username.present:
		l.problem(entry.place, hint, "has no `username`")
	case !s.password.present:
		l.problem(entry.place, hint, "has no `password`")
	}
	return v, s.password.value
}

// unique notes names and hosts that stand for two vCenters. Disabled ones
// count: reports of other days hold them too.
func (l *loader) unique(entries []item[vcenterEntry]) {
	names, hosts := map[string]place{}, map[string]place{}
	for _, e := range entries {
		if name := e.value.name; name.ok {
			key := strings.ToLower(name.value)
			if first, twice := names[key]; twice {
				l.problem(name.place, "names are compared without case", "is the name of %s (line %d) too: %s", parent(first.path), first.line, show(name.value))
			} else {
				names[key] = name.place
			}
		}
		if host := e.value.host; host.ok {
			key := hostKey(host.value)
			if first, twice := hosts[key]; twice {
				l.problem(host.place, "every vCenter is listed once", "is the host of %s (line %d) too: %s", parent(first.path), first.line, show(host.value))
			} else {
				hosts[key] = host.place
			}
		}
	}
}

// parent is the path of the object that holds the value at path.
func parent(path string) string { return path[:strings.LastIndexByte(path, '.')] }
