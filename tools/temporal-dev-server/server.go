package main

import (
	"context"
	"fmt"
	"net"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

const (
	loopback        = "127.0.0.1"
	frontendService = "temporal.api.workflowservice.v1.WorkflowService"
)

// tuning: the default poll rates (20 a second) add some 70 ms to each step of a workflow on one machine. The default time shift, made for clocks
// of several machines that differ, lets every timer that is due within a second (a retry, a sticky time-out) come only at its end.
var tuning = dynamicconfig.StaticClient{
	dynamicconfig.TransferProcessorMaxPollRPS.Key():                  2000,
	dynamicconfig.TimerProcessorMaxPollRPS.Key():                     2000,
	dynamicconfig.TimerProcessorMaxTimeShift.Key():                   "50ms",
	dynamicconfig.HistoryCacheHostLevelMaxSize.Key():                 8096,
	dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 100,
}

func frontendAddress(o options) string { return fmt.Sprintf("%s:%d", loopback, o.port) }

func serverConfig(o options, store *config.SQL) (*config.Config, map[primitives.ServiceName]static.Hosts, error) {
	inner, err := freePorts(3)
	if err != nil {
		return nil, nil, err
	}
	ports := map[string]int{"frontend": o.port, "history": inner[0], "matching": inner[1], "worker": inner[2]}
	hosts := map[primitives.ServiceName]static.Hosts{}
	services := map[string]config.Service{}
	for name, port := range ports {
		services[name] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: loopback}}
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(fmt.Sprintf("%s:%d", loopback, port))
	}
	conf := &config.Config{
		Persistence: config.Persistence{
			DefaultStore: "sqlite", VisibilityStore: "sqlite", NumHistoryShards: 1,
			DataStores: map[string]config.DataStore{"sqlite": {SQL: store}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: clusterName, CurrentClusterName: clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontendAddress(o), ClusterID: "breakwater"},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		PublicClient:        config.PublicClient{HostPort: frontendAddress(o)},
	}
	conf.Archival.History.State = "disabled"
	conf.Archival.Visibility.State = "disabled"
	conf.NamespaceDefaults.Archival.History.State = "disabled"
	conf.NamespaceDefaults.Archival.Visibility.State = "disabled"
	return conf, hosts, nil
}

func serveUI(o options) error {
	return uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		Host: loopback, Port: o.uiPort, TemporalGRPCAddress: frontendAddress(o), DefaultNamespace: o.namespace,
		EnableUI: true, CORS: uiconfig.CORS{CookieInsecure: true}, HideLogs: true,
	})).Start()
}

// awaitFrontend returns when the frontend says that it serves.
func awaitFrontend(address string, atMost time.Duration) error {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), atMost)
	defer cancel()
	for {
		reply, err := grpc_health_v1.NewHealthClient(connection).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: frontendService})
		if err == nil && reply.Status == grpc_health_v1.HealthCheckResponse_SERVING {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the frontend on %s did not answer within %s: %v", address, atMost, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func mustBeFree(flag string, port int) error {
	listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", loopback, port))
	if err != nil {
		return fmt.Errorf("%s %d cannot be used: %w; stop what listens there or choose another port", flag, port, err)
	}
	return listener.Close()
}

// freePorts holds all listeners until all ports are known, so that no port comes twice.
func freePorts(count int) ([]int, error) {
	ports := make([]int, count)
	for i := range ports {
		listener, err := net.Listen("tcp", loopback+":0")
		if err != nil {
			return nil, fmt.Errorf("no free port on %s: %w", loopback, err)
		}
		defer listener.Close()
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
