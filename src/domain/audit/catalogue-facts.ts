import type { AuditFact } from './entry.ts';
import { factAbout } from './facts.ts';

interface Catalogued {
  name: string;
  environment: string;
  digest: string;
  path: string;
  commit: string;
  statement?: string;
}

/** That a sync put an experiment into the catalogue, by digest; with it the statement of its review, if there is one. */
export const factOfCataloguing = ({ name, environment, ...what }: Catalogued, managedBy: string, atMs: number): AuditFact =>
  factAbout(`experiment:${name}.${environment}`, 'experiment-catalogued', {
    ...{ key: `catalogue/${name}.${environment}/${what.digest}/${atMs}`, atMs, actor: `sync:${managedBy}` },
    ...{ digest: what.digest, path: what.path, commit: what.commit },
    ...(what.statement !== undefined && { statement: what.statement }),
  });

/** That a sync took an experiment out of the catalogue. */
export const factOfUncataloguing = (name: string, environment: string, managedBy: string, atMs: number): AuditFact =>
  factAbout(`experiment:${name}.${environment}`, 'experiment-removed', {
    ...{ key: `catalogue-removed/${name}.${environment}/${atMs}`, atMs, actor: `sync:${managedBy}` },
  });

/** That a sync swaps the folder of the policies. */
export const factOfPublishing = (digest: string, commit: string, managedBy: string, atMs: number): AuditFact =>
  factAbout('policies', 'policies-published', { key: `policies/${digest}/${atMs}`, atMs, actor: `sync:${managedBy}`, digest, commit });
