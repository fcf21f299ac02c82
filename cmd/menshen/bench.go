package main

import (
	"context"
	"fmt"
)

// bench is one side-by-side measurement.
type bench struct {
	name, synopsis string
	run            func(ctx context.Context, s streams, args []string) int
}

func benches() []bench {
	return []bench{
		{"mask", "what is found of labelled texts, and how fast", benchMask},
		{"detect", "false alarms and delay of the watch, beside other methods", benchDetect},
		{"trace", "from complaints to accounts, beside other methods", benchTrace},
		{"payout", "what rings cost and honest shops wait, beside other rules", benchPayout},
		{"book", "what merchants and orders take in memory, and a decision in a large book beside a small one", benchBook},
		{"ring", "shops of one hand found in trade, beside other methods", benchRing},
		{"gateway", "the data door against no proxy and a plain proxy", benchGateway},
		{"decisions", "the money door over HTTP, beside no record and no decision", benchDecisions},
	}
}

func benchCommand() command {
	return command{"bench", "side-by-side ratios, one table; without NAME lists what there is", runBench}
}

func runBench(ctx context.Context, s streams, args []string) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
		fmt.Fprintln(s.out, "Usage: menshen bench NAME [flags]")
		fmt.Fprintln(s.out)
		for _, b := range benches() {
			fmt.Fprintf(s.out, "  %-9s %s\n", b.name, b.synopsis)
		}
		return exitDone
	}
	for _, b := range benches() {
		if b.name == args[0] {
			return b.run(ctx, s, args[1:])
		}
	}
	fmt.Fprintf(s.err, "menshen bench: no bench %q; \"menshen bench\" lists them\n", args[0])
	return exitUsage
}
