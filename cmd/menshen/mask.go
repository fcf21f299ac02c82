package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/menshen-io/menshen/mask"
	"github.com/menshen-io/menshen/policy"
)

func maskCommand() command {
	return command{"mask", "mask personal information in a body, stdin to stdout", runMask}
}

func runMask(_ context.Context, s streams, args []string) int {
	fs := newFlags("mask", "mask -as json|ndjson|text [-policy policy.yaml [-route NAME]]   < body   > masked", s.err)
	as := fs.String("as", "", "what the body is: json, ndjson, text")
	file := fs.String("policy", "", "policy file; without it all that can be searched for is searched for")
	name := fs.String("route", "", "route of the policy whose records are mapped; without it only the policy's search applies")
	if code, done := parse(fs, s, args); done {
		return code
	}
	var run func(io.Writer, io.Reader, *mask.Plan, func(mask.Record)) error
	switch *as {
	case "json", "ndjson":
		run = mask.JSON
	case "text":
		run = mask.Text
	case "":
		return fail(s, "mask", exitUsage, errors.New("-as is needed: json, ndjson or text"))
	case "html", "csv", "xlsx":
		return fail(s, "mask", exitUsage, fmt.Errorf("-as %s is not supported yet (json, ndjson and text are)", *as))
	default:
		return fail(s, "mask", exitUsage, fmt.Errorf("-as %q is not known (json, ndjson, text)", *as))
	}
	plan, err := maskPlan(*file, *name)
	if err != nil {
		return fail(s, "mask", exitUsage, err)
	}
	if *as == "ndjson" {
		plan = plan.Sequence()
	}
	if err := run(s.out, s.in, plan, nil); err != nil {
		return fail(s, "mask", exitUnreadable, err)
	}
	return exitDone
}

// maskPlan returns the plan of a route, of a policy's search, or nil for all
// that can be searched for.
func maskPlan(file, route string) (*mask.Plan, error) {
	if file == "" {
		if route != "" {
			return nil, errors.New("-route needs -policy")
		}
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading policy: %w", err)
	}
	p, err := policy.Parse(file, data)
	if err != nil {
		return nil, err
	}
	if route == "" {
		return p.Plan, nil
	}
	r, ok := p.Route(route)
	if !ok {
		return nil, fmt.Errorf("%s has no route %q", file, route)
	}
	return r.Plan, nil
}
