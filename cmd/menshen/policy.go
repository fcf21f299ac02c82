package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/menshen-io/menshen/policy"
)

func policyCommand() command {
	return command{"policy", "check a policy file: policy check FILE", runPolicy}
}

func runPolicy(_ context.Context, s streams, args []string) int {
	const usage = "Usage: menshen policy check FILE"
	if slices.ContainsFunc(args, func(a string) bool { return a == "-h" || a == "-help" || a == "--help" }) {
		fmt.Fprintln(s.out, usage)
		return exitDone
	}
	if len(args) != 2 || args[0] != "check" {
		fmt.Fprintln(s.err, usage)
		return exitUsage
	}
	data, err := os.ReadFile(args[1])
	if err != nil {
		return fail(s, "policy", exitUnreadable, fmt.Errorf("reading policy: %w", err))
	}
	p, err := policy.Parse(args[1], data)
	if err != nil {
		fmt.Fprintln(s.err, err)
		return exitCheck
	}
	for _, w := range p.Warnings {
		fmt.Fprintln(s.err, "warning: "+w)
	}
	fmt.Fprintf(s.out, "%s: %d routes, %d roles, unlisted %s\n", args[1], len(p.Routes), len(p.Roles), p.Unlisted)
	return exitDone
}
