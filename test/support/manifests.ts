import { images } from './cluster.ts';

/** A process that stays, below a first process that ends with it: killing it by its name ends the container, as a crash of a program does. */
export const mortal = ['sh', '-c', 'sleep 1000000 & wait $!; exit 1'];

/** A container as the manifests below take it. */
export interface Container {
  image?: string;
  command?: string[];
  env?: Record<string, string>;
  /** Where it answers `GET /health` once it is ready. Without it, a container is ready when it runs. */
  healthPort?: number;
}

/** @returns a pod that ends within a second of being deleted */
export const pod = (namespace: string, name: string, container: Container = {}, labels: Record<string, string> = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels },
  spec: podSpec(container),
});

/** @returns a deployment whose pods carry the label app=NAME */
export const deployment = (namespace: string, name: string, replicas: number, container: Container = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec(container) },
  },
});

/** @returns a budget for the pods with the label app=NAME */
export const disruptionBudget = (namespace: string, name: string, minAvailable: number): object => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace },
  spec: { minAvailable, selector: { matchLabels: { app: name } } },
});

/** @returns a service of the cluster for the pods with the label app=NAME; its address is reached from pods and from this machine */
export const service = (namespace: string, name: string, port: number): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { selector: { app: name }, ports: [{ port }] },
});

const podSpec = ({ image = images.shell, command = mortal, env = {}, healthPort }: Container): object => ({
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name: 'main',
      image,
      command,
      imagePullPolicy: 'Never',
      env: Object.entries(env).map(([name, value]) => ({ name, value })),
      resources: { requests: { cpu: '5m', memory: '8Mi' } },
      ...(healthPort && { readinessProbe: { httpGet: { path: '/health', port: healthPort }, periodSeconds: 1 } }),
    },
  ],
});
