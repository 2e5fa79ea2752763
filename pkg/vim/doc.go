// Package vim speaks VI/JSON, the JSON protocol of the vSphere Web Services
// API, which vCenter serves from 8.0 U1 on: an HTTP client, its sessions, and a
// streaming decoder that hands property values over while a page still
// arrives.
//
//	client, _ := vim.NewClient(vim.Options{Address: "vc1.example.com:443"})
//	release, _ := client.Hello(ctx)
//	content, _ := client.ServiceContent(ctx, release)
//	session, _ := client.Login(ctx, release, content, user, password)
//	view, _ := session.CreateContainerView(ctx, content.RootFolder, []string{"VirtualMachine"})
//	_, err := session.Retrieve(ctx, query, handler)
//
// The package refuses to know records and reports, and to repeat anything: it
// says what the vCenter said, and whether the cause of an error may pass
// ([TransientCause]). It logs nothing, but calls [Options.Trace]. It keeps no decoded
// tree of what it reads; a [Handler] takes values off the wire with the methods
// of [Value].
//
// To add a method of the API: one method on [Session] that calls Session.call
// with the managed object, the method's name and its parameters. To add a
// fault that callers ask for: one constant beside [InvalidLogin], and its name
// in FaultType.known below.
package vim
