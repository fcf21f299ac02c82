package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/internal/yamlconf"
	"github.com/menshen-io/menshen/ledger"
)

// config is menshen.yaml; docs/configuration.md describes it.
type config struct {
	Data    string        `yaml:"data"`   // directory of ledger, index and keys
	Origin  string        `yaml:"origin"` // name of the ledger to the world
	Zone    string        `yaml:"timezone"`
	Packs   packsConfig   `yaml:"packs"`
	Gateway gatewayConfig `yaml:"gateway"`
	Console consoleConfig `yaml:"console"`
	Events  eventsConfig  `yaml:"events"`
}

type packsConfig struct {
	DataDoor  string `yaml:"data_door"`
	MoneyDoor string `yaml:"money_door"`
	Shadow    string `yaml:"money_door_shadow"` // empty: none
}

type gatewayConfig struct {
	Listen   string       `yaml:"listen"`
	Upstream string       `yaml:"upstream"`
	Policy   string       `yaml:"policy"`   // empty: policy.yaml of the data door's pack
	Accounts bool         `yaml:"accounts"` // people sign in here
	Secure   bool         `yaml:"secure_cookies"`
	Proxy    *proxyConfig `yaml:"trusted_proxy"`
}

type proxyConfig struct {
	From    []string `yaml:"from"` // CIDR
	User    string   `yaml:"user_header"`
	Name    string   `yaml:"name_header"`
	Role    string   `yaml:"role_header"`
	Partner string   `yaml:"partner_header"`
	Site    string   `yaml:"site_header"`
	Station string   `yaml:"station_header"`
	Device  string   `yaml:"device_header"`
}

type consoleConfig struct {
	Listen string `yaml:"listen"`
	Secure bool   `yaml:"secure_cookies"`
}

type eventsConfig struct {
	TokenSHA256 string `yaml:"token_sha256"` // of the token for POST /v1/events, in hex
	Settle      string `yaml:"settle"`       // how long the watch waits for stragglers
}

// readConfig reads and checks the configuration. All faults are reported at once.
// Relative paths in it are taken from where the file lies.
func readConfig(path string) (config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return config{}, fmt.Errorf("reading configuration: %w", err)
	}
	c := config{
		Zone:    "Asia/Shanghai",
		Packs:   packsConfig{DataDoor: "hotel-desk", MoneyDoor: "marketplace"},
		Gateway: gatewayConfig{Listen: "127.0.0.1:8081", Accounts: true, Secure: true},
		Console: consoleConfig{Listen: "127.0.0.1:8080", Secure: true},
		Events:  eventsConfig{Settle: "2m"},
	}
	var kinds yamlconf.Faults
	err = yamlconf.Decode(path, data, &c)
	if err != nil && !errors.As(err, &kinds) {
		return config{}, err
	}
	faults := []error{err}
	fault := func(field, format string, args ...any) {
		if line := yamlconf.LineOf(data, field); !kinds.At(line) {
			faults = append(faults, fmt.Errorf("%s:%d: %s: %s", path, line, field, fmt.Sprintf(format, args...)))
		}
	}
	absolute := func(file string) string {
		if file == "" || filepath.IsAbs(file) {
			return file
		}
		return filepath.Join(filepath.Dir(path), file)
	}
	if c.Data == "" {
		fault("data", "a directory is needed")
	}
	c.Data, c.Gateway.Policy = absolute(c.Data), absolute(c.Gateway.Policy)
	pack := func(field string, name *string) {
		if !slices.Contains(builtinPacks(), *name) {
			*name = absolute(*name)
		}
		if _, err := openPack(*name); err != nil {
			fault(field, "%v", err)
		}
	}
	pack("packs.data_door", &c.Packs.DataDoor)
	pack("packs.money_door", &c.Packs.MoneyDoor)
	if c.Packs.Shadow != "" {
		pack("packs.money_door_shadow", &c.Packs.Shadow)
	}
	listen := func(field, addr string) {
		if !hostPort(addr) {
			fault(field, "must be an address and a port, such as 127.0.0.1:8080")
		}
	}
	listen("gateway.listen", c.Gateway.Listen)
	listen("console.listen", c.Console.Listen)
	if c.Origin != "" && !ledger.ValidOrigin(c.Origin) {
		fault("origin", "must have no blanks and no +")
	}
	if c.Gateway.Upstream == "" {
		fault("gateway.upstream", "the back office's address is needed, such as http://127.0.0.1:9000")
	} else if u, err := url.Parse(c.Gateway.Upstream); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		fault("gateway.upstream", "must be an http or https address")
	}
	if !c.Gateway.Accounts && c.Gateway.Proxy == nil {
		fault("gateway", "nobody could be known: set accounts or trusted_proxy")
	}
	if _, err := c.Gateway.Proxy.proxy(); err != nil {
		fault("gateway.trusted_proxy", "%v", err)
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		fault("timezone", "is not known")
	}
	if d, err := time.ParseDuration(c.Events.Settle); err != nil || d < 0 {
		fault("events.settle", "must be a duration such as 2m")
	}
	if t := c.Events.TokenSHA256; t != "" && (len(t) != 64 || strings.Trim(strings.ToLower(t), "0123456789abcdef") != "") {
		fault("events.token_sha256", "must be 64 hex digits")
	}
	return c, errors.Join(faults...)
}

// hostPort says whether addr is a host, which may be empty, and a port.
func hostPort(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	_, perr := strconv.ParseUint(port, 10, 16)
	return err == nil && perr == nil && !strings.ContainsAny(host, " \t/")
}

// proxy turns the configuration into what the gateway takes; nil stays nil.
func (p *proxyConfig) proxy() (*gateway.Proxy, error) {
	if p == nil {
		return nil, nil
	}
	out := &gateway.Proxy{
		User: p.User, Name: p.Name, Role: p.Role, Partner: p.Partner, Site: p.Site, Station: p.Station, Device: p.Device,
	}
	if p.User == "" || p.Role == "" || len(p.From) == 0 {
		return nil, errors.New("from, user_header and role_header are needed")
	}
	for _, f := range p.From {
		prefix, err := netip.ParsePrefix(f)
		if err != nil {
			return nil, fmt.Errorf("from: %q is not a network such as 10.0.0.0/8", f)
		}
		out.From = append(out.From, prefix)
	}
	return out, nil
}
