/** These pids and all below them. @param children answers for a parent; each is asked once */
export function descend(pids: readonly number[], children: { get(pid: number): readonly number[] | undefined }): number[] {
  const found = new Set(pids);
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return [...found];
}
