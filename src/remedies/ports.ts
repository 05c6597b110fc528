import type { CommandPort } from '../domain/command.ts';
import type { KubernetesPort } from '../domain/kubernetes/port.ts';

/** One HTTP request. Header values may be secret: they never appear in an error. */
export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  /** Sent as JSON; absent: no body. */
  json?: unknown;
  timeoutMs: number;
}

/** An answer, whatever its status. */
export interface HttpAnswer {
  status: number;
  /** Bounded text. */
  body: string;
}

/** Sends HTTP requests. */
export interface HttpPort {
  /** @throws Error naming method and address when there is no answer in time, it is too long, or it redirects to another host */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
}

/** Resolves secrets by name; values stay inside activities. */
export interface SecretsPort {
  /** @throws Error naming the secret, never its value */
  get(name: string): Promise<string>;
}

/** What remedies need from outside. */
export interface RemedyPorts {
  commands: CommandPort;
  http: HttpPort;
  secrets: SecretsPort;
  kubernetes: KubernetesPort;
}
