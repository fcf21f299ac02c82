package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/menshen-io/menshen/event"
	"github.com/menshen-io/menshen/ledger"
)

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a caller that went away is no fault
}

type ledgerState struct {
	Origin     string `json:"origin"`
	Verifier   string `json:"verifier" doc:"public key, as in C2SP signed notes"`
	Size       uint64 `json:"size"`
	Checkpoint string `json:"checkpoint" doc:"signed note"`
}

type ledgerEntry struct {
	Index uint64     `json:"index"`
	ID    string     `json:"id"`
	Type  event.Type `json:"type"`
	Time  time.Time  `json:"time"`
	Line  string     `json:"line"`
}

type verified struct {
	OK       bool     `json:"ok"`
	Size     uint64   `json:"size"`
	Problems []string `json:"problems"`
	Seconds  float64  `json:"seconds"`
}

func (s *Server) registerLedger() {
	huma.Get(s.api, "/api/ledger", func(ctx context.Context, _ *struct{}) (*body[ledgerState], error) {
		cp, err := s.cfg.Record.Checkpoint(ctx)
		if err != nil {
			return nil, s.internal(ctx, err)
		}
		origin, _, _ := strings.Cut(s.cfg.Verifier, "+")
		return &body[ledgerState]{ledgerState{origin, s.cfg.Verifier, s.cfg.Record.Size(), string(cp)}}, nil
	})
	huma.Get(s.api, "/api/ledger/entries", func(ctx context.Context, in *struct {
		From  uint64 `query:"from"`
		Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	}) (*body[list[ledgerEntry]], error) {
		out := &body[list[ledgerEntry]]{list[ledgerEntry]{Items: []ledgerEntry{}}}
		to := min(in.From+uint64(in.Limit), s.cfg.Record.Size())
		if in.From >= to {
			return out, nil
		}
		err := s.cfg.Record.Read(ctx, in.From, to, func(index uint64, line []byte) error {
			e := ledgerEntry{Index: index, Line: string(line)}
			if ev, err := event.Parse(line); err == nil {
				e.ID, e.Type, e.Time = ev.ID, ev.Type, ev.Time
			}
			out.Body.Items = append(out.Body.Items, e)
			return nil
		})
		if err != nil {
			return nil, s.internal(ctx, err)
		}
		return out, nil
	})
	huma.Get(s.api, "/api/ledger/entries/{index}/proof", func(ctx context.Context, in *struct {
		Index uint64 `path:"index"`
	}) (*body[ledger.Proof], error) {
		if in.Index >= s.cfg.Record.Size() {
			return nil, huma.Error404NotFound("the ledger has no such entry yet")
		}
		p, err := s.cfg.Prove(ctx, in.Index)
		if err != nil {
			return nil, s.internal(ctx, err)
		}
		return &body[ledger.Proof]{p}, nil
	})
	huma.Post(s.api, "/api/ledger/verify", func(ctx context.Context, _ *struct{}) (*body[verified], error) {
		start := time.Now()
		r, err := s.cfg.Verify(ctx)
		if err != nil {
			return nil, s.internal(ctx, err)
		}
		out := verified{OK: r.OK, Size: r.Size, Problems: []string{}, Seconds: time.Since(start).Seconds()}
		for _, p := range r.Problems {
			out.Problems = append(out.Problems, p.String())
		}
		return &body[verified]{out}, nil
	})
}
