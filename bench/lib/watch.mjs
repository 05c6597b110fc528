/** Follows the events of a run as a person's browser does. `take` is called with each event. @returns ends the stream */
export function watchEvents(url, key, runId, take) {
  const gone = new AbortController();
  const read = async () => {
    const answer = await fetch(`${url}/v1/runs/${runId}/events`, { headers: { authorization: `Bearer ${key}` }, signal: gone.signal });
    if (!answer.ok) throw new Error(`${runId}: ${answer.status} ${await answer.text()}`);
    let rest = '';
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + chunk).split('\n\n');
      rest = frames.pop();
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data) take(JSON.parse(data));
      }
    }
  };
  const ended = read().catch((error) => {
    if (!gone.signal.aborted) throw error;
  });
  return async () => {
    gone.abort();
    await ended;
  };
}
