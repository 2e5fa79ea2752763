package config

import (
	"fmt"
	"strings"
)

// Example returns a commented file that is valid as it stands. A test makes
// sure that it mentions every key.
func Example(o Options) []byte {
	return fmt.Appendf(nil, example, strings.Join(o.Sections, ", "))
}

const example = `# yaml-language-server: $schema=./fleet.schema.json
# (` + "`vcfleet config schema > fleet.schema.json`" + ` writes that schema; editors complete from it)

version: 1

# Each key of defaults can be overridden in a vCenter; labels add up.
defaults:
  credential: inventory
  timeout: 5m               # bounds one vCenter, from the first to the last request
  page_size: 1000           # objects asked for per page, 1 to 10000
  # proxy: none             # or environment (the default), http://HOST:PORT, socks5://HOST:PORT
  # tls: {ca_file: /etc/ssl/corp-ca.pem}   # relative to this file; default: the system's roots
  # labels: {team: infra}

# The password of an account comes from one of
#   {env: NAME}  {file: PATH}  {command: [PROGRAM, ARGUMENT, ...]}
# A read-only account is enough.
credentials:
  inventory:
    username: svc-inventory@vsphere.local
    password: {env: VCFLEET_PASSWORD}
  lab:
    username: administrator@vsphere.local
    password: {command: [pass, show, vcenter/lab]}   # no shell; the first line is taken

vcenters:
  - name: prague-prod
    host: vc1.prague.example.com         # HOST or HOST:PORT
    labels: {site: prague, env: prod}

  - name: brno-prod
    host: vc1.brno.example.com
    labels: {site: brno, env: prod}
    timeout: 15m                         # a slow line
    # tls: {server_name: vcenter.brno.example.com}   # the certificate's name, when it is not the host

  - name: lab-1
    host: 192.0.2.5:8443
    credential: lab                      # or username and password right here
    # The certificate's SHA-256 or SHA-1 instead of a CA. "insecure: true" would check nothing.
    tls: {thumbprint: "3F:9A:0C:52:77:1E:D4:B8:60:2D:AF:13:C5:88:E9:04:7B:36:F1:5D"}
    enabled: false                       # keep it here, do not read it

collect:
  concurrency: 32           # vCenters read at once, 1 to 512
  max_rejected_logins: 2    # then a credential is tried on no other vCenter: it might be locked
  # Left out, all sections are read.
  # sections: [%s]
`
