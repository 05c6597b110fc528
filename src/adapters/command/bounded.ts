/** Keeps the first `maxBytes` of an output and says whether there was more. */
export function boundedText(maxBytes: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  let truncated = false;
  return {
    add: (chunk: Buffer) => {
      const kept = chunk.subarray(0, maxBytes - size);
      truncated ||= kept.length < chunk.length;
      size += kept.length;
      if (kept.length > 0) chunks.push(kept);
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
    isTruncated: () => truncated,
  };
}
