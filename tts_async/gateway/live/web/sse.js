// Server-Sent Events over fetch, which can send a key in a header where EventSource cannot.

const MOST_BUFFERED = 16 * 1024 * 1024;

/** The `data:` of each event in a response, as text; comments and other fields are skipped. */
export async function* readEvents(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      rest += value;
      if (rest.length > MOST_BUFFERED) throw new Error("an event without end");
      const lines = rest.split("\n");
      rest = lines.pop();
      for (const line of lines) if (line.startsWith("data:")) yield line.slice(5).trim();
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** What an error response says, in words for the reader. */
export async function errorText(response) {
  let message = `the gateway answered ${response.status}`;
  try {
    message = (await response.json()).error.message;
  } catch { /* not its own error: something in between */ }
  const wait = response.headers.get("Retry-After");
  return wait ? `${message} (again in ${wait} s)` : message;
}
