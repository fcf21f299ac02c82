package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/note"

	"github.com/menshen-io/menshen/ledger"
)

func ledgerCommand() command {
	return command{"ledger", "verify the record, prove an entry, print the signed checkpoint", runLedger}
}

const ledgerUsage = "ledger verify|prove|checkpoint -data DIR [-vkey KEY] [-index N] [-json]"

type ledgerFlags struct {
	data, vkey string
	index      int64
	json       bool
}

func runLedger(ctx context.Context, s streams, args []string) int {
	verbs := map[string]func(context.Context, streams, ledgerFlags) int{
		"verify": ledgerVerify, "prove": ledgerProve, "checkpoint": ledgerCheckpoint,
	}
	var verb string
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		verb, args = args[0], args[1:]
	}
	fs := newFlags("ledger", ledgerUsage, s.err)
	var f ledgerFlags
	fs.StringVar(&f.data, "data", "", "data directory of the ledger, which may be in use")
	fs.StringVar(&f.vkey, "vkey", "", "verifier key obtained from elsewhere, or a file that holds it (default: the one beside the record)")
	fs.Int64Var(&f.index, "index", -1, "prove: the entry, counted from 0")
	fs.BoolVar(&f.json, "json", false, "verify: print the report as JSON")
	if code, done := parse(fs, s, args); done {
		return code
	}
	do, ok := verbs[verb]
	switch {
	case verb == "":
		return fail(s, "ledger", exitUsage, errors.New("say verify, prove or checkpoint first"))
	case !ok:
		return fail(s, "ledger", exitUsage, fmt.Errorf("nothing called %q; say verify, prove or checkpoint", verb))
	case f.data == "":
		return fail(s, "ledger", exitUsage, errors.New("-data is missing"))
	case verb == "prove" && f.index < 0:
		return fail(s, "ledger", exitUsage, errors.New("-index is missing"))
	}
	if f.vkey != "" {
		if b, err := os.ReadFile(f.vkey); err == nil {
			f.vkey = strings.TrimSpace(string(b))
		}
		if _, err := note.NewVerifier(f.vkey); err != nil {
			return fail(s, "ledger", exitUsage, errors.New("-vkey: neither a verifier key nor a file that holds one"))
		}
	}
	return do(ctx, s, f)
}

func ledgerVerify(ctx context.Context, s streams, f ledgerFlags) int {
	rep, err := ledger.Verify(ctx, f.data, f.vkey)
	if err != nil {
		return fail(s, "ledger", exitUnreadable, err)
	}
	if f.json {
		if err := json.MarshalWrite(s.out, rep, jsontext.WithIndent("  ")); err != nil {
			return fail(s, "ledger", exitUnreadable, err)
		}
		fmt.Fprintln(s.out)
	} else {
		printReport(s, f, rep)
	}
	if !rep.OK {
		return exitCheck
	}
	return exitDone
}

func printReport(s streams, f ledgerFlags, rep ledger.Report) {
	signer := "the key beside the record, which only shows that the record agrees with itself; give -vkey"
	if f.vkey != "" {
		signer = "the key that was given"
	}
	origin, root := rep.Origin, base64.StdEncoding.EncodeToString(rep.Root)
	if origin == "" {
		origin = "unknown"
	}
	if root == "" {
		root = "could not be computed"
	}
	fmt.Fprintf(s.out, "origin    %s\n", origin)
	fmt.Fprintf(s.out, "signed by %s\n", signer)
	fmt.Fprintf(s.out, "size      %d entries under the checkpoint, %d durable after it\n", rep.Size, rep.Waiting)
	fmt.Fprintf(s.out, "root      %s\n", root)
	for _, n := range rep.Notes {
		fmt.Fprintf(s.out, "note      %s\n", n)
	}
	for _, p := range rep.Problems {
		fmt.Fprintf(s.out, "WRONG     %s\n", p)
	}
	switch n := len(rep.Problems); n {
	case 0:
		fmt.Fprintln(s.out, "OK: every entry, tile and signature is what was recorded")
	case 1:
		fmt.Fprintln(s.out, "NOT OK: 1 problem")
	default:
		fmt.Fprintf(s.out, "NOT OK: %d problems\n", n)
	}
}

func ledgerProve(ctx context.Context, s streams, f ledgerFlags) int {
	p, err := ledger.Prove(ctx, f.data, f.vkey, uint64(f.index))
	if err != nil {
		return fail(s, "ledger", ledgerExit(err), err)
	}
	if err := json.MarshalWrite(s.out, p, jsontext.WithIndent("  ")); err != nil {
		return fail(s, "ledger", exitUnreadable, err)
	}
	fmt.Fprintln(s.out)
	return exitDone
}

func ledgerCheckpoint(_ context.Context, s streams, f ledgerFlags) int {
	raw, _, err := ledger.ReadCheckpoint(f.data, f.vkey)
	if err != nil {
		return fail(s, "ledger", ledgerExit(err), err)
	}
	if _, err := s.out.Write(raw); err != nil {
		return fail(s, "ledger", exitUnreadable, err)
	}
	return exitDone
}

// ledgerExit tells a check that failed from a record that could not be read.
func ledgerExit(err error) int {
	if errors.Is(err, ledger.ErrDamaged) || errors.Is(err, ledger.ErrUnpublished) {
		return exitCheck
	}
	return exitUnreadable
}
