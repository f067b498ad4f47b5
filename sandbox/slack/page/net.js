// Talks to /sandbox/*. An answer outside 2xx becomes an Error that says what the server said.

async function answered(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? `The sandbox answered ${response.status}`);
  return body;
}

export const get = async (path, query = {}) =>
  answered(await fetch(`/sandbox/${path}?${new URLSearchParams(query)}`, { cache: 'no-store' }));

export const post = async (path, body) =>
  answered(
    await fetch(`/sandbox/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
