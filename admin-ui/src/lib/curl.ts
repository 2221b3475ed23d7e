// The same call for a shell.

/** One word for sh, whatever is in it. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** POST of a JSON body. The password is a variable: it does not belong into what people paste. */
export function curlCommand(origin: string, path: string, user: string, body: unknown): string {
  return [
    `curl -u ${shellQuote(user)}:"$PASSWORD" -H 'Content-Type: application/json' \\`,
    `  -d ${shellQuote(JSON.stringify(body))} \\`,
    `  ${shellQuote(origin + path)}`,
  ].join('\n');
}
