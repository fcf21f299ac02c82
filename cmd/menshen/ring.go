package main

import (
	"context"

	"github.com/menshen-io/menshen/ring"
)

func ringCommand() command {
	return command{"ring", "events in, rings out: which merchants and buyers are one", runRing}
}

func runRing(ctx context.Context, s streams, args []string) int {
	fs := newFlags("ring", "ring [-pack DIR] [-strict] < events.ndjson > rings.ndjson", s.err)
	packName := fs.String("pack", defaultMoneyPack, "`directory` of a pack, or the name of a built-in one")
	strict := fs.Bool("strict", false, "exit 1 when a line was refused")
	if code, done := parse(fs, s, args); done {
		return code
	}
	_, opt, err := loadMoneyPack(*packName)
	if err != nil {
		return fail(s, "ring", exitUsage, err)
	}
	finder := ring.New(opt)
	return filter(ctx, s, "ring", opt.AllowedLateness, *strict, finder.Fold)
}
