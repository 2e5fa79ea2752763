package config

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// What follows is the format: every key, once. See the package comment for
// how to add one.

const (
	version            = 1
	defaultTimeout     = 5 * time.Minute
	defaultPageSize    = 1000
	maxPageSize        = 10_000
	defaultConcurrency = 32
	maxConcurrency     = 512

	// Local SSO users are locked after five failures in three minutes by default,
	// some directories allow three.
	defaultMaxRejectedLogins = 2
	maxMaxRejectedLogins     = 100
)

func documentSpec(o Options) spec[document] {
	return object([]field[document]{
		bind("version", func(d *document) *given[int] { return &d.version }, versionNumber(), about[int]{
			doc: "Version of this format.", required: true, advice: "write `version: 1`",
			synonyms: []string{"api_version", "schema"},
		}),
		bind("defaults", func(d *document) *given[settings] { return &d.defaults }, object(settingsFields()), about[settings]{
			doc:      "What holds for every vCenter that does not say otherwise.",
			synonyms: []string{"default", "global", "common"},
		}),
		bind("credentials", func(d *document) *given[[]named[account]] { return &d.credentials }, mapping(object(accountFields())), about[[]named[account]]{
			doc:      "Named accounts; a vCenter or defaults refer to one by `credential`.",
			synonyms: []string{"credential", "accounts", "logins", "auth"},
		}),
		bind("vcenters", func(d *document) *given[[]item[vcenterEntry]] { return &d.vcenters }, list(object(vcenterFields())), about[[]item[vcenterEntry]]{
			doc: "The vCenters.", required: true, advice: "list the vCenters under `vcenters`",
			synonyms: []string{"vcenter", "servers", "hosts", "targets", "sites", "endpoints"},
		}),
		bind("collect", func(d *document) *given[collectEntry] { return &d.collect }, object(collectFields(o)), about[collectEntry]{
			doc: "What is read, and how many vCenters at once.", synonyms: []string{"collection", "collector", "options"},
		}),
	})
}

func vcenterFields() []field[vcenterEntry] {
	return append([]field[vcenterEntry]{
		bind("name", func(v *vcenterEntry) *given[string] { return &v.name }, label(), about[string]{
			doc: "Name in reports; unique, whatever its case.", required: true, example: "prague-prod",
			synonyms: []string{"id", "title", "alias"},
		}),
		bind("host", func(v *vcenterEntry) *given[string] { return &v.host }, hostText(), about[string]{
			doc: "Host name or IP address, with :port when it is not 443.", required: true, example: "vc1.prague.example.com",
			synonyms: []string{"server", "hostname", "url", "address", "fqdn", "ip", "endpoint", "vcenter", "vc", "uri"},
		}),
	}, lift(settingsFields(), func(v *vcenterEntry) *settings { return &v.settings })...)
}

func settingsFields() []field[settings] {
	return append([]field[settings]{
		bind("credential", func(s *settings) *given[string] { return &s.credential }, label(), about[string]{
			doc: "Name of an entry of `credentials`.", example: "inventory", synonyms: []string{"credentials", "account", "login", "auth"},
		}),
		bind("username", func(s *settings) *given[string] { return &s.username }, label(), username([]string{"credential"})),
		bind("password", func(s *settings) *given[*source] { return &s.password }, password(), passwordAbout([]string{"credential"})),
		bind("timeout", func(s *settings) *given[time.Duration] { return &s.timeout }, duration(), about[time.Duration]{
			doc: "Bounds one vCenter, all phases.", fallback: new(defaultTimeout), example: "90s",
			synonyms: []string{"time_out", "deadline", "timeout_seconds"},
		}),
		bind("page_size", func(s *settings) *given[int] { return &s.pageSize }, integer(1, maxPageSize), about[int]{
			doc: "Objects asked for per page; a vCenter may send fewer.", fallback: new(defaultPageSize),
			synonyms: []string{"page", "batch_size", "max_objects"},
		}),
		bind("proxy", func(s *settings) *given[string] { return &s.proxy }, proxy(), about[string]{
			doc:      "`environment` (HTTPS_PROXY and NO_PROXY), `none`, or a proxy URL without user and password.",
			fallback: new(""), example: "http://proxy.example.com:3128", synonyms: []string{"http_proxy", "https_proxy", "proxy_url"},
		}),
	}, moreSettingsFields()...)
}

func moreSettingsFields() []field[settings] {
	return []field[settings]{
		bind("tls", func(s *settings) *given[tlsEntry] { return &s.tls }, object(tlsFields()), about[tlsEntry]{
			doc:      "How the certificate is checked; the system's roots when nothing is given.",
			synonyms: []string{"ssl"}, merge: mergeTLS,
		}),
		bind("labels", func(s *settings) *given[map[string]string] { return &s.labels }, labels(), about[map[string]string]{
			doc:      "Free texts that reports carry, such as site or env; those of defaults are added.",
			example:  map[string]string{"site": "prague", "env": "prod"},
			synonyms: []string{"tags", "label", "metadata"}, merge: mergeLabels,
		}),
		bind("enabled", func(s *settings) *given[bool] { return &s.enabled }, boolean(), about[bool]{
			doc: "Whether the vCenter is read.", fallback: new(true),
			synonyms: []string{"enable", "active", "disabled", "disable", "skip"}, advice: "write `enabled: true` or `enabled: false`",
		}),
	}
}

func tlsFields() []field[tlsEntry] {
	return []field[tlsEntry]{
		bind("ca_file", func(t *tlsEntry) *given[string] { return &t.caFile }, refine(text(), checkCA), about[string]{
			doc: "PEM file with the roots to trust; relative to this file.", example: "/etc/ssl/corp-ca.pem",
			synonyms: []string{"ca", "cafile", "ca_cert", "ca_bundle", "cacert", "ca_path"},
		}),
		bind("thumbprint", func(t *tlsEntry) *given[string] { return &t.thumbprint }, refine(text(), checkThumbprint), about[string]{
			doc:      "SHA-256 or SHA-1 of the one certificate to trust, in hex, with or without colons.",
			excludes: []string{"ca_file"}, synonyms: []string{"fingerprint", "sha1", "sha256", "pin"},
		}),
		bind("server_name", func(t *tlsEntry) *given[string] { return &t.serverName }, refine(text(), checkServerName), about[string]{
			doc: "Name that the certificate must hold, when it is not the host.", example: "vc1.example.com", synonyms: []string{"sni"},
		}),
		bind("insecure", func(t *tlsEntry) *given[bool] { return &t.insecure }, boolean(), about[bool]{
			doc: "Do not check the certificate at all. For labs.", fallback: new(false), excludes: []string{"ca_file", "thumbprint"},
			synonyms: []string{
				"verify", "verify_ssl", "ssl_verify", "verify_certs", "validate_certs", "validate_cert",
				"skip_verify", "insecure_skip_verify", "allow_unverified_ssl", "disable_ssl_verification",
			},
			advice: "write `insecure: true` to switch the check off; it is on by default",
		}),
	}
}

func accountFields() []field[account] {
	user, pass := username(nil), passwordAbout(nil)
	user.required, pass.required = true, true
	return []field[account]{
		bind("username", func(a *account) *given[string] { return &a.username }, label(), user),
		bind("password", func(a *account) *given[*source] { return &a.password }, password(), pass),
	}
}

func username(excludes []string) about[string] {
	return about[string]{
		doc: "Account, as USER@DOMAIN or DOMAIN\\USER.", example: "svc-inventory@vsphere.local",
		excludes: excludes, synonyms: []string{"user", "user_name", "login_name", "principal"},
	}
}

func passwordAbout(excludes []string) about[*source] {
	return about[*source]{
		doc:      "Where the password comes from: an environment variable, a file or a command. A plain text works and is warned about.",
		excludes: excludes, example: map[string]string{"env": "VCFLEET_PASSWORD"},
		synonyms: []string{"pass", "passwd", "pwd", "secret", "password_env", "password_file", "password_command"},
		advice:   "write `password: {env: NAME}`, `{file: PATH}` or `{command: [PROGRAM, ARGUMENT]}`",
	}
}

func sourceFields() []field[sourceEntry] {
	return []field[sourceEntry]{
		bind("env", func(s *sourceEntry) *given[string] { return &s.env }, refine(text(), checkEnvName), about[string]{
			doc: "Environment variable that holds the password.", example: "VCFLEET_PASSWORD", synonyms: []string{"environment", "env_var", "variable", "from_env"},
		}),
		bind("file", func(s *sourceEntry) *given[string] { return &s.file }, refine(text(), checkSecretFile), about[string]{
			doc: "File that holds the password on one line; relative to this file.", example: "/run/secrets/vcenter", synonyms: []string{"path", "filename", "from_file"},
		}),
		bind("command", func(s *sourceEntry) *given[[]string] { return &s.command }, command(), about[[]string]{
			doc:     "Program and arguments, run without a shell; the first line of its output is the password.",
			example: []string{"pass", "show", "vcenter/inventory"}, synonyms: []string{"cmd", "exec", "run", "program"},
		}),
	}
}

func collectFields(o Options) []field[collectEntry] {
	all := slices.Clone(o.Sections)
	return []field[collectEntry]{
		bind("concurrency", func(c *collectEntry) *given[int] { return &c.concurrency }, integer(1, maxConcurrency), about[int]{
			doc: "vCenters read at once.", fallback: new(defaultConcurrency),
			synonyms: []string{"parallel", "parallelism", "workers", "threads", "jobs", "max_concurrency"},
		}),
		bind("max_rejected_logins", func(c *collectEntry) *given[int] { return &c.maxRejectedLogins }, integer(1, maxMaxRejectedLogins), about[int]{
			doc: "How many vCenters may reject a credential before it is tried on no other one, lest the account be locked.", fallback: new(defaultMaxRejectedLogins),
			synonyms: []string{"max_login_failures", "max_failed_logins", "login_attempts"},
		}),
		bind("sections", func(c *collectEntry) *given[[]string] { return &c.sections }, sections(o.Sections), about[[]string]{
			doc: "Sections of the inventory to read; all of them when left out.", fallback: &all,
			synonyms: []string{"include", "types", "kinds", "objects", "resources"},
		}),
	}
}

func versionNumber() spec[int] {
	const most = 1 << 30
	kind := refine(integer(0, most), func(_ *loader, n int, _ place) (int, *complaint) {
		if n != version {
			return 0, &complaint{fmt.Sprintf("%d is not supported", n), fmt.Sprintf("this vcfleet reads version %d", version)}
		}
		return n, nil
	})
	return shaped(kind, func(s *shape) { *s = shape{Type: "integer", Const: version} })
}

func hostText() spec[string] {
	return refine(text(), func(_ *loader, s string, _ place) (string, *complaint) { return s, checkHost(s) })
}

func proxy() spec[string] {
	kind := refine(text(), func(_ *loader, s string, _ place) (string, *complaint) { return checkProxy(s) })
	kind.show = func(s string) any {
		if s == "" {
			return proxyEnvironment
		}
		return s
	}
	return shaped(kind, func(s *shape) {
		s.Pattern = "^(" + proxyEnvironment + "|" + proxyDirect + "|(http|https|socks5)://[^@/]+/?)$"
	})
}

func checkServerName(_ *loader, s string, _ place) (string, *complaint) {
	return s, checkHostName(s)
}

func labels() spec[map[string]string] {
	value := refine(text(), func(_ *loader, s string, _ place) (string, *complaint) { return s, checkLabel(s) })
	value.shape.MinLength = 0 // an empty label is a label
	return refine(mapping(value), func(_ *loader, list []named[string], _ place) (map[string]string, *complaint) {
		out := map[string]string{}
		for _, one := range list {
			out[one.name] = one.value
		}
		return out, nil
	})
}

func sections(known []string) spec[[]string] {
	one := refine(label(), func(_ *loader, s string, _ place) (string, *complaint) {
		if len(known) > 0 && !slices.Contains(known, s) {
			return "", &complaint{"is an unknown section: " + show(s), didYouMean(s, known)}
		}
		return s, nil
	})
	one = shaped(one, func(s *shape) { s.Enum = known })
	kind := refine(list(one), func(l *loader, items []item[string], _ place) ([]string, *complaint) {
		var out []string
		for _, i := range items {
			if slices.Contains(out, i.value) {
				l.problem(i.place, "", "is a section that is listed twice: %s", show(i.value))
				continue
			}
			out = append(out, i.value)
		}
		return out, nil
	})
	return shaped(kind, func(s *shape) { s.UniqueItems = true })
}

// mergeLabels adds the labels of defaults.
func mergeLabels(own, inherited map[string]string) map[string]string {
	out := maps.Clone(inherited)
	maps.Copy(out, own)
	return out
}

// mergeTLS lets a vCenter that says how it is checked replace the way that
// defaults gives, so that a default ca_file and an own thumbprint are no
// contradiction. `insecure: false` only takes a default `insecure: true` back.
func mergeTLS(own, inherited tlsEntry) tlsEntry {
	if own.caFile.present || own.thumbprint.present || own.insecure.value {
		inherited = tlsEntry{serverName: inherited.serverName}
	}
	for _, f := range tlsFields() {
		f.inherit(&own, &inherited)
	}
	return own
}
