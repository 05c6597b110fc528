import { images } from './cluster.ts';

/** A process that stays, below a first process that ends with it: killing it by its name ends the container, as a crash of a program does. */
export const mortal = ['sh', '-c', 'sleep 1000000 & wait $!; exit 1'];

/** A container as the manifests below take it. */
export interface Container {
  image?: string;
  command?: string[];
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

const podSpec = ({ image = images.shell, command = mortal }: Container): object => ({
  terminationGracePeriodSeconds: 1,
  containers: [{ name: 'main', image, command, imagePullPolicy: 'Never', resources: { requests: { cpu: '5m', memory: '8Mi' } } }],
});
