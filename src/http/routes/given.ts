type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Only what was said: a field that is there with `undefined` is another thing than none. */
export const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
