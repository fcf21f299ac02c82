package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/internal/store"
)

func serveCommand() command {
	return command{"serve", "guard both doors, as menshen.yaml says", runServe}
}

func runServe(ctx context.Context, s streams, args []string) int {
	fs := newFlags("serve", "serve -config menshen.yaml", s.err)
	path := fs.String("config", "menshen.yaml", "configuration")
	check := fs.Bool("check", false, "read configuration and packs, and stop")
	if code, done := parse(fs, s, args); done {
		return code
	}
	cfg, err := readConfig(*path)
	if err != nil {
		return fail(s, "serve", exitUsage, err)
	}
	if *check {
		probe := &server{cfg: cfg}
		if _, _, err := probe.openEngines(time.Now); err != nil {
			return fail(s, "serve", exitUsage, err)
		}
		fmt.Fprintln(s.err, "menshen serve: configuration and packs are in order")
		return exitDone
	}
	log := slog.New(slog.NewJSONHandler(s.err, nil))
	gate, console, err := listenBoth(cfg)
	if err != nil {
		return fail(s, "serve", exitCheck, err)
	}
	defer gate.Close()
	defer console.Close()
	srv, err := newServer(ctx, cfg, extras{now: time.Now, bucket: time.Hour}, log)
	if err != nil {
		return fail(s, "serve", exitCheck, err)
	}
	err = srv.run(ctx, gate, console, func() {
		log.Info("both doors are open", "gateway", gate.Addr().String(), "console", console.Addr().String())
	})
	if err := errors.Join(err, srv.close()); err != nil {
		return fail(s, "serve", exitCheck, err)
	}
	return exitDone
}

func listenBoth(cfg config) (gate, console net.Listener, err error) {
	if gate, err = net.Listen("tcp", cfg.Gateway.Listen); err != nil {
		return nil, nil, fmt.Errorf("listening for the gateway: %w", err)
	}
	if console, err = net.Listen("tcp", cfg.Console.Listen); err != nil {
		gate.Close()
		return nil, nil, fmt.Errorf("listening for the console: %w", err)
	}
	return gate, console, nil
}

func accountCommand() command {
	return command{"account", "add, list or remove local accounts", runAccount}
}

// runAccount keeps the local accounts. A password is read from standard input,
// never from an argument, where others could see it.
func runAccount(ctx context.Context, s streams, args []string) int {
	const synopsis = "account add|remove|list -data DIR [-name NAME -role ROLE …]   (the password on standard input)"
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		fmt.Fprintln(s.err, "Usage: menshen "+synopsis)
		return exitUsage
	}
	verb := args[0]
	fs := newFlags("account "+verb, synopsis, s.err)
	data := fs.String("data", "", "data directory")
	var a gateway.Account
	name := fs.String("name", "", "the name that signs in, and the actor in the record")
	fs.StringVar(&a.Name, "display", "", "the person's name")
	fs.StringVar(&a.Role, "role", "agent", "role in policy.yaml, or for the console: admin, analyst, vendor_manager, finance, investigator")
	partner := fs.String("partner", "", "outsourcing company")
	fs.StringVar(&a.Site, "site", "", "site")
	station := fs.String("station", "", "workplace")
	device := fs.String("device", "", "computer")
	if code, done := parse(fs, s, args[1:]); done {
		return code
	}
	if *data == "" {
		return fail(s, "account", exitUsage, errors.New("-data is missing"))
	}
	if !slices.Contains([]string{"add", "remove", "list"}, verb) {
		return fail(s, "account", exitUsage, fmt.Errorf("no verb %q", verb))
	}
	if verb != "list" && *name == "" {
		return fail(s, "account", exitUsage, errors.New("-name is missing"))
	}
	if verb == "add" {
		if err := os.MkdirAll(*data, 0o700); err != nil {
			return fail(s, "account", exitCheck, err)
		}
	} else if _, err := os.Stat(filepath.Join(*data, store.File)); err != nil {
		return fail(s, "account", exitCheck, fmt.Errorf("there is no database in the data directory: %w", err))
	}
	st, err := store.Open(ctx, *data)
	if err != nil {
		return fail(s, "account", exitCheck, err)
	}
	defer st.Close()
	a.Actor, a.Partner, a.Station, a.Device = event.ActorID(*name), event.PartnerID(*partner), event.StationID(*station), event.DeviceID(*device)
	switch verb {
	case "add":
		line, err := bufio.NewReader(s.in).ReadString('\n')
		password := strings.TrimRight(line, "\r\n")
		if err != nil && password == "" {
			return fail(s, "account", exitUnreadable, errors.New("no password on standard input"))
		}
		if len(password) < 10 {
			return fail(s, "account", exitUsage, errors.New("a password of at least ten characters is needed"))
		}
		if a.Hash, err = gateway.HashPassword(password); err == nil {
			err = st.SetAccount(ctx, a)
		}
		if err != nil {
			return fail(s, "account", exitCheck, err)
		}
	case "remove":
		was, err := st.RemoveAccount(ctx, *name)
		if err == nil && !was {
			err = errors.New("no account of that name")
		}
		if err != nil {
			return fail(s, "account", exitCheck, err)
		}
	case "list":
		all, err := st.Accounts(ctx)
		if err != nil {
			return fail(s, "account", exitCheck, err)
		}
		for _, a := range all {
			fmt.Fprintf(s.out, "%s\t%s\t%s\n", a.Actor, a.Role, a.Partner)
		}
	}
	return exitDone
}
