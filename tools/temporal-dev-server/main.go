// Command temporal-dev-server is the Temporal server that Breakwater embeds when there is no other: all four services and the Web UI in one
// process, on loopback, on a SQLite file that survives restarts and kill -9.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/temporal"
)

const usage = `temporal-dev-server runs a Temporal server and its Web UI on 127.0.0.1, on a SQLite file.

It prints one line, "ready", when the frontend answers, and stops on SIGTERM or SIGINT.
Exit codes: 0 stopped, 1 failed, 2 wrong usage, 3 a port is taken.

Flags:
`

type options struct {
	db, namespace string
	port, uiPort  int
	attributes    map[string]enums.IndexedValueType
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		exit(2, err)
	}
	for _, p := range []struct {
		flag string
		port int
	}{{"-port", o.port}, {"-ui-port", o.uiPort}} {
		if err := mustBeFree(p.flag, p.port); err != nil {
			exit(3, err)
		}
	}
	if err := run(o); err != nil {
		exit(1, err)
	}
}

func run(o options) error {
	store, err := openStore(o)
	if err != nil {
		return err
	}
	conf, hosts, err := serverConfig(o, store)
	if err != nil {
		return err
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(conf),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "error"}))),
		temporal.InterruptOn(temporal.InterruptCh()), // Start returns after SIGTERM or SIGINT, with everything stopped
		temporal.WithDynamicConfigClient(tuning),
	)
	if err != nil {
		return fmt.Errorf("cannot make the server: %w", err)
	}
	go func() {
		if err := serveUI(o); err != nil {
			exit(1, fmt.Errorf("the Web UI stopped: %w", err))
		}
	}()
	go func() {
		if err := awaitFrontend(frontendAddress(o), time.Minute); err != nil {
			exit(1, err)
		}
		fmt.Println("ready")
	}()
	return server.Start()
}

func parse(args []string) (options, error) {
	o := options{attributes: map[string]enums.IndexedValueType{}}
	flags := flag.NewFlagSet("temporal-dev-server", flag.ExitOnError)
	flags.Usage = func() { fmt.Fprint(flags.Output(), usage); flags.PrintDefaults() }
	flags.StringVar(&o.db, "db", "", "SQLite `file`; made when missing (required)")
	flags.StringVar(&o.namespace, "namespace", "default", "namespace to have")
	flags.IntVar(&o.port, "port", 7233, "gRPC port of the frontend")
	flags.IntVar(&o.uiPort, "ui-port", 8233, "port of the Web UI")
	attributes := flags.String("search-attributes", "", "`Name=Keyword,…` given to the namespace when it is made")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q; see --help", flags.Arg(0))
	}
	if o.db == "" {
		return o, fmt.Errorf("-db is required: the SQLite file, such as -db temporal.db")
	}
	for _, pair := range strings.FieldsFunc(*attributes, func(r rune) bool { return r == ',' }) {
		name, kind, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return o, fmt.Errorf("-search-attributes: %q is not Name=Type", pair)
		}
		value, err := enums.IndexedValueTypeFromString(kind)
		if err != nil {
			return o, fmt.Errorf("-search-attributes: %s: unknown type %q; write Keyword, Text, Int, Double, Bool, Datetime or KeywordList", name, kind)
		}
		o.attributes[name] = value
	}
	return o, nil
}

func exit(code int, err error) {
	fmt.Fprintln(os.Stderr, "temporal-dev-server:", err)
	os.Exit(code)
}
