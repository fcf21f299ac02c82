package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/menshen-io/menshen/api"
	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/gateway/httpproxy"
	"github.com/menshen-io/menshen/internal/sim"
	"github.com/menshen-io/menshen/internal/sim/desk"
)

func demoCommand() command {
	return command{"demo", "the whole product on a simulated platform, console on http://127.0.0.1:8080", runDemo}
}

const (
	demoPassword = "menshen-demo" // of invented accounts, on loopback only
	demoAnalyst  = "analyst"
	demoGuest    = "guest"
	demoTicket   = "t-guest"

	demoAgents = 16
	demoDays   = 150
	demoHead   = 5  // days for which the insiders have been at it when the demo starts
	demoFast   = 45 // days that follow at the fast pace
)

// runDemo runs the simulated platform, its back office and all of Menshen in
// one process.
func runDemo(ctx context.Context, s streams, args []string) int {
	fs := newFlags("demo", "demo [-fresh] [-data DIR] [-console ADDR] [-gateway ADDR]", s.err)
	data := fs.String("data", "demo-data", "data directory; a second start goes on from it")
	fresh := fs.Bool("fresh", false, "begin anew: empties the data directory")
	console := fs.String("console", "127.0.0.1:8080", "address of the console")
	gate := fs.String("gateway", "127.0.0.1:8081", "address of the back office, behind the gateway")
	seed := fs.Uint64("seed", 4, "of the simulated world")
	fast := fs.Duration("day", 5*time.Second, "length of a simulated day while the story runs")
	slow := fs.Duration("slow-day", time.Minute, "length of a simulated day after it")
	verbose := fs.Bool("v", false, "log to standard error")
	if code, done := parse(fs, s, args); done {
		return code
	}
	if *fast <= 0 || *slow <= 0 {
		return fail(s, "demo", exitUsage, errors.New("-day and -slow-day must be longer than nothing"))
	}
	log := slog.New(slog.DiscardHandler)
	if *verbose {
		log = slog.New(slog.NewTextHandler(s.err, nil))
	}
	if err := prepareDemoData(*data, *fresh); err != nil {
		return fail(s, "demo", exitCheck, err)
	}
	p, err := newPlatform(*seed, *fast, *slow)
	if err != nil {
		return fail(s, "demo", exitUsage, err)
	}
	p.log, p.out = log, s.err
	if err := p.run(ctx, *data, *gate, *console); err != nil {
		return fail(s, "demo", exitCheck, err)
	}
	fmt.Fprintln(s.err, "menshen demo: ended; what was recorded is in "+*data)
	return exitDone
}

const demoMark = "menshen-demo"

// prepareDemoData makes the data directory. It empties only a directory that a
// demo has made.
func prepareDemoData(dir string, fresh bool) error {
	mark := filepath.Join(dir, demoMark)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("opening data directory: %w", err)
	}
	if _, err := os.Stat(mark); err != nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty and was not made by the demo: name another with -data", dir)
	}
	if fresh {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("emptying data directory: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making data directory: %w", err)
	}
	return os.WriteFile(mark, nil, 0o600)
}

// clock is the platform's time: that of the newest step.
type clock struct{ nanos atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(0, c.nanos.Load()).In(sim.Zone()) }

func (c *clock) set(t time.Time) {
	for {
		old := c.nanos.Load()
		if t.UnixNano() <= old || c.nanos.CompareAndSwap(old, t.UnixNano()) {
			return
		}
	}
}

// platform is the simulated company: its hotel desk, its marketplace, their
// time, and Menshen in front of them.
type platform struct {
	desk, shop *sim.World
	office     *desk.Desk
	insiders   map[event.ActorID]bool
	live       time.Time // what is before is history, recorded already when the demo starts
	fast, slow time.Duration
	clock      clock
	log        *slog.Logger
	out        interface{ Write([]byte) (int, error) }

	server  *server
	gateURL string
}

func newPlatform(seed uint64, fast, slow time.Duration) (*platform, error) {
	deskWorld, err := sim.New(sim.Options{Scenario: sim.Harvest, Seed: seed, Agents: demoAgents, Days: demoDays, Merchants: -1})
	if err != nil {
		return nil, err
	}
	shopWorld, err := sim.New(sim.Options{Scenario: sim.RefundRing, Seed: seed, Agents: -1, Days: demoDays, Merchants: 40, Canaries: -1})
	if err != nil {
		return nil, err
	}
	p := &platform{desk: deskWorld, shop: shopWorld, office: desk.New(deskWorld), insiders: map[event.ActorID]bool{}, fast: fast, slow: slow}
	for _, in := range deskWorld.Truth().Insiders {
		p.insiders[in.Actor] = true
		if from := in.From.AddDate(0, 0, demoHead); from.After(p.live) {
			p.live = from
		}
	}
	p.clock.set(deskWorld.Options().Start)
	return p, nil
}

func (p *platform) run(ctx context.Context, data, gateAddr, consoleAddr string) error {
	office, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening for the back office: %w", err)
	}
	officeServer := httpproxy.NewServer(p.office)
	go officeServer.Serve(office) //nolint:errcheck // it ends when it is closed
	defer officeServer.Close()

	cfg := config{
		Data: data, Origin: "demo.menshen.example/ledger", Zone: "Asia/Shanghai",
		Packs:   packsConfig{DataDoor: "hotel-desk", MoneyDoor: "marketplace"},
		Gateway: gatewayConfig{Listen: gateAddr, Upstream: "http://" + office.Addr().String(), Accounts: true},
		Console: consoleConfig{Listen: consoleAddr},
		Events:  eventsConfig{Settle: "2m"},
	}
	gate, console, err := listenBoth(cfg)
	if err != nil {
		return err
	}
	defer gate.Close()
	defer console.Close()
	p.gateURL = "http://" + gate.Addr().String()
	p.server, err = newServer(ctx, cfg, extras{
		now: p.clock.now, idle: 10 * 365 * 24 * time.Hour, bucket: 24 * time.Hour, start: demoStart(p.gateURL),
	}, p.log)
	if err != nil {
		return err
	}
	if err := p.openAccounts(ctx); err != nil {
		return errors.Join(err, p.server.close())
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	played := make(chan struct{})
	err = p.server.run(ctx, gate, console, func() {
		go func() {
			defer close(played)
			fmt.Fprintf(p.out, "\n  Menshen demo\n  console      http://%s   (%s / %s)\n  back office  %s   (%s / %s), behind the gateway\n  Ctrl-C ends it; a second start goes on, -fresh begins anew.\n\n",
				console.Addr(), demoAnalyst, demoPassword, p.gateURL, demoGuest, demoPassword)
			if err := p.play(ctx); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		}()
	})
	cancel(nil)
	<-played
	return errors.Join(err, p.server.close())
}

// openAccounts gives every simulated person an account, and the visitor two.
func (p *platform) openAccounts(ctx context.Context) error {
	hash, err := gateway.HashPassword(demoPassword)
	if err != nil {
		return err
	}
	people := []gateway.Person{
		{Actor: demoAnalyst, Name: "Analyst", Role: "analyst"},
		{Actor: demoGuest, Name: "Guest", Role: "agent", Partner: "visitors", Site: "home", Station: "st-guest", Device: "d-guest"},
	}
	for _, a := range p.desk.Agents() {
		people = append(people, gateway.Person{Actor: a.ID, Role: a.Role, Partner: a.Partner, Site: a.Site, Station: a.Station, Device: a.Device})
	}
	for _, who := range people {
		if err := p.server.store.SetAccount(ctx, gateway.Account{Person: who, Hash: hash}); err != nil {
			return err
		}
	}
	return nil
}

func demoStart(deskURL string) api.Start {
	step := func(zh, en, zhText, enText, link string) api.StartStep {
		return api.StartStep{Title: event.Text{ZH: zh, EN: en}, Text: event.Text{ZH: zhText, EN: enText}, Link: link}
	}
	return api.Start{
		Demo: true, DeskURL: deskURL,
		Accounts: []api.StartAccount{
			{User: demoAnalyst, Password: demoPassword, What: event.Text{ZH: "风险分析员（本控制台）", EN: "risk analyst (this console)"}},
			{User: demoGuest, Password: demoPassword, What: event.Text{ZH: "客服（酒店后台，经过网关）；未结工单 " + demoTicket, EN: "agent (the hotel back office, through the gateway); open ticket " + demoTicket}},
		},
		Steps: []api.StartStep{
			step("坐到客服的位置上", "Sit at an agent's desk",
				"用 guest 账号登录酒店后台：姓名、电话、证件号、银行卡、地址全部脱敏，后台本身并不知道门神的存在。",
				"Sign in to the hotel back office as guest: names, numbers, ids, cards and addresses are masked, and the back office knows nothing of it.", deskURL),
			step("凭工单看一个号码", "Reveal one number for a ticket",
				"在“我的工单”里打开 "+demoTicket+"，记下客户编号，再到这个页面填编号和工单号。看到之前，这次查看已经记录在案。",
				"Open "+demoTicket+" under My tickets and note the customer's id; here, give the id and the ticket. The view is on record before you see the number.", deskURL+"/_menshen/reveal"),
			step("看两名内鬼被发现", "Watch two insiders being noticed",
				"两名客服每天各查一位给差评的客人，混在八十次正常查询里。一两分钟内会出现告警，并列出支撑它的每一次查询。",
				"Two agents each look up one guest a day who left a bad review, among eighty ordinary views. Within a minute or two there is an alert, with the views behind it.", "/alerts"),
			step("看门自己收窄", "See the door narrow by itself",
				"告警之后，该账号的揭示权限被收回；原因写在账号页上，有权限的人可以附理由恢复。",
				"After the alert the account may no longer reveal anything; its page says why, and a person may lift it, with a reason.", "/accounts"),
			step("看空壳店铺拿不走钱", "See shell shops get no money out",
				"一伙人用十几家店刷单，签收几分钟就确认收货并申请提现。打款被扣住：可退款额不得超过担保。",
				"One hand runs a dozen shops, has orders confirmed minutes after delivery and asks for the money. It is held: what can still be refunded is never paid out beyond what covers it.", "/merchants"),
			step("不相信任何人，自己验证", "Trust nobody: verify",
				"每次查看、每个决定都在一本可验证的账本里。在这里重新计算整本账，或用 menshen ledger verify 在别的机器上验证。",
				"Every view and decision is in a ledger that can be verified. Recompute it here, or elsewhere with menshen ledger verify.", "/ledger"),
		},
	}
}

// play acts the world out: first the days that are history, then the days that
// are seen, at the pace that the flags say.
func (p *platform) play(ctx context.Context) error {
	resume := p.server.pipeline.tally.Newest()
	start := p.desk.Options().Start
	slowFrom := p.live.AddDate(0, 0, demoFast)
	if err := p.plantGuest(ctx, start); err != nil {
		return err
	}
	people := agents{p, map[event.ActorID]*http.Client{}}
	pace := pacer{}
	for a := range merged(p.desk, p.shop) {
		if ctx.Err() != nil {
			return nil
		}
		if a.fromDesk {
			p.office.Apply(a.Action)
		}
		if !resume.IsZero() && !a.At.After(resume) {
			continue
		}
		if a.At.Before(p.live) {
			// As the gateway would have recorded it.
			if err := p.record(ctx, a.Event); err != nil {
				return err
			}
			p.clock.set(a.At)
			continue
		}
		day := p.fast
		if a.At.After(slowFrom) {
			day = p.slow
		}
		if !pace.wait(ctx, a.At, day) {
			return nil
		}
		p.clock.set(a.At)
		if a.Visit != nil {
			if err := people.act(ctx, *a.Visit); err != nil && ctx.Err() == nil {
				p.log.Warn("an agent's request", "actor", a.Visit.Actor, "err", err)
			}
			continue
		}
		if err := p.record(ctx, a.Event); err != nil {
			return err
		}
	}
	<-ctx.Done() // the story is told; the console stays
	return nil
}

// plantGuest gives the visitor a ticket to reveal something for.
func (p *platform) plantGuest(ctx context.Context, at time.Time) error {
	customer := p.desk.CustomerAt(0)
	p.office.Apply(sim.Action{At: at, Ticket: &sim.TicketChange{
		ID: demoTicket, Kind: "ticket", State: sim.TicketOpen, Agent: demoGuest, Customer: customer.ID, Order: customer.Order, Queue: sim.QueueCN,
	}})
	if !p.server.pipeline.tally.Newest().IsZero() {
		return nil // recorded by an earlier run
	}
	return p.record(ctx, event.New("demo-guest-ticket", "desk", at, &event.ReasonOpened{
		Kind: "ticket", ID: demoTicket, Actor: demoGuest, Subject: customer.ID, Queue: sim.QueueCN,
	}))
}

// record appends an event of the platform. Customers are named as the gateway
// names them.
func (p *platform) record(ctx context.Context, ev event.Event) error {
	_, err := p.server.door.Enqueue(ctx, hashSubjects(ev, p.server.subjects))
	return err
}

// hashSubjects returns ev with the back office's customer ids hashed.
func hashSubjects(ev event.Event, hash gateway.Subjects) event.Event {
	switch d := ev.Data.(type) {
	case *event.AccessViewed:
		c := *d
		c.Subjects = append([]event.SubjectViewed(nil), d.Subjects...)
		for i := range c.Subjects {
			c.Subjects[i].Subject = hash(string(c.Subjects[i].Subject))
		}
		ev.Data = &c
	case *event.ReasonOpened:
		c := *d
		c.Subject = hash(string(d.Subject))
		ev.Data = &c
	case *event.HarmReported:
		c := *d
		c.Subject = hash(string(d.Subject))
		ev.Data = &c
	case *event.CanaryPlanted:
		ev.Data = &event.CanaryPlanted{Subject: hash(string(d.Subject))}
	}
	return ev
}

// step is an action of one of the two worlds.
type step struct {
	sim.Action
	fromDesk bool
}

// pacer makes platform time pass at a pace of wall-clock time.
type pacer struct {
	wall, at time.Time
	day      time.Duration
}

// wait returns when at has come; false when ctx ended first. After a change of
// pace, or when the machine fell behind, it counts from now.
func (p *pacer) wait(ctx context.Context, at time.Time, day time.Duration) bool {
	now := time.Now()
	if p.day != day || p.wall.IsZero() {
		p.wall, p.at, p.day = now, at, day
	}
	due := p.wall.Add(time.Duration(float64(at.Sub(p.at)) * float64(day) / float64(24*time.Hour)))
	if d := due.Sub(now); d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return false
		case <-t.C:
		}
	} else if d < -day {
		p.wall, p.at = now, at
	}
	return ctx.Err() == nil
}
