import type { ChangeControl, ChangeSystem } from '../../activities/change-port.ts';
import type { HttpPort, SecretsPort } from '../../remedies/ports.ts';
import { createAsker } from './ask.ts';
import type { ChangeControlFile } from './file.ts';
import { createHttpCheck } from './http-check.ts';
import { createJira } from './jira.ts';
import { createServiceNow } from './servicenow.ts';

function openSystem({ system }: ChangeControlFile, http: HttpPort, secrets: SecretsPort, withinMs?: number): ChangeSystem {
  switch (system.kind) {
    case 'servicenow':
      return createServiceNow(system, createAsker('ServiceNow', http, secrets, system.auth, withinMs));
    case 'jira':
      return createJira(system, createAsker('Jira', http, secrets, system.auth, withinMs));
    case 'http':
      return createHttpCheck(system, createAsker('the check', http, secrets, system.auth, withinMs));
  }
}

/**
 * The change control that a file describes.
 * @param http one that follows no redirects
 * @param withinMs how long one answer may take; shorter in tests
 */
export const createChanges = (file: ChangeControlFile, http: HttpPort, secrets: SecretsPort, withinMs?: number): ChangeControl => ({
  system: openSystem(file, http, secrets, withinMs),
  environments: file.environments,
  tickets: file.tickets,
  ...(file.contact !== undefined && { contact: file.contact }),
  links: {
    ...(file.links.report !== undefined && { report: file.links.report }),
    ...(file.links.temporal !== undefined && { temporal: file.links.temporal }),
  },
});
