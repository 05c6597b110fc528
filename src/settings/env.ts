/** Variables of a process. */
export type Env = Record<string, string | undefined>;

/** An empty value counts as not set. */
export const withoutEmpty = (env: Env): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value ? [[name, value]] : [])));
