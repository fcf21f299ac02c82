// Command menshen guards the two doors of a platform: customer data going out
// and money going out. See README.md, and "menshen help".
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes, part of the command line's contract.
const (
	exitDone       = 0
	exitCheck      = 1 // a check failed
	exitUsage      = 2
	exitUnreadable = 3 // the input as a whole could not be read
)

// streams are what a command reads and writes, so that tests can stand in.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

type command struct {
	name, synopsis string
	run            func(ctx context.Context, io streams, args []string) int
}

func commands() []command {
	return []command{
		demoCommand(),
		serveCommand(),
		accountCommand(),
		benchCommand(),
		ledgerCommand(),
		maskCommand(),
		policyCommand(),
		simCommand(),
		watchCommand(),
		traceCommand(),
		packCommand(),
		payoutCommand(),
		replayCommand(),
		ringCommand(),
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, streams{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

func run(ctx context.Context, s streams, args []string) int {
	if len(args) == 0 {
		usage(s.err)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(s.out)
		return exitDone
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, s, args[1:])
		}
	}
	fmt.Fprintf(s.err, "menshen: no command %q\n\n", args[0])
	usage(s.err)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "Usage: menshen COMMAND [flags]   (menshen COMMAND -h tells its flags)")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.synopsis)
	}
}

// newFlags returns a flag set that prints to w and never exits by itself.
func newFlags(name, synopsis string, w io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("menshen "+name, flag.ContinueOnError)
	fs.SetOutput(w)
	fs.Usage = func() {
		fmt.Fprintf(fs.Output(), "Usage: menshen %s\n", synopsis)
		fs.PrintDefaults()
	}
	return fs
}

// parse reads flags and allows no further arguments. When done is true the
// command returns code.
func parse(fs *flag.FlagSet, s streams, args []string) (code int, done bool) {
	if code, done := parseFlags(fs, s, args); done {
		return code, done
	}
	if fs.NArg() > 0 {
		fmt.Fprintf(s.err, "%s: unexpected argument %q\n", fs.Name(), fs.Arg(0))
		return exitUsage, true
	}
	return 0, false
}

// parseFlags reads flags and leaves further arguments to the command.
func parseFlags(fs *flag.FlagSet, s streams, args []string) (code int, done bool) {
	for _, a := range args {
		if a == "-h" || a == "-help" || a == "--help" {
			fs.SetOutput(s.out)
			fs.Usage()
			return exitDone, true
		}
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitDone, true
		}
		return exitUsage, true
	}
	return 0, false
}

// fail prints err under the command's name and returns code.
func fail(s streams, name string, code int, err error) int {
	fmt.Fprintf(s.err, "menshen %s: %v\n", name, err)
	return code
}
