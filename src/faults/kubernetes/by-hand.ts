import { quoted } from '../process/by-hand.ts';

/** A line that a shell ignores; nothing in the text can end it. */
export const remark = (text: string): string => `# ${text.replace(/\s+/g, ' ')}`;

/** An object as `kubectl get` takes it. */
export interface ByHand {
  resource: string;
  name: string;
  namespace?: string;
  uid: string;
}

/**
 * A kubectl command as a person types it: it does nothing when another object has the name by then.
 * @param rest what follows as it is: never a text of a file
 */
export function kubectl({ resource, name, namespace, uid }: ByHand, argv: readonly string[], rest = ''): string {
  const where = namespace === undefined ? [] : ['-n', namespace];
  const get = ['get', resource, name, ...where, '-o', 'jsonpath={.metadata.uid}'].map(quoted).join(' ');
  return `[ "$(kubectl ${get})" = ${quoted(uid)} ] && kubectl ${argv.map(quoted).join(' ')}${rest === '' ? '' : ` ${rest}`}`;
}
