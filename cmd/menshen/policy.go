package main

import (
	"context"
	"fmt"
	"os"

	"github.com/menshen-io/menshen/policy"
)

func policyCommand() command {
	return command{"policy", "check a policy file: policy check FILE", runPolicy}
}

func runPolicy(_ context.Context, s streams, args []string) int {
	const usage = "Usage: menshen policy check FILE"
	if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
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
	fmt.Fprintf(s.out, "%s: %d routes, %d roles, unlisted %s\n", args[1], len(p.Routes), len(p.Roles), p.Unlisted)
	return exitDone
}
