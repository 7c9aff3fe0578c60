// The nonce that the server gave this page, for those who make style elements of their own.
export function readNonce(): string | undefined {
  const meta = document.querySelector<HTMLMetaElement>(
    'meta[property="csp-nonce"], meta[name="csp-nonce"]',
  );
  // The attribute is emptied by the browser, the property keeps the value.
  const nonce = meta?.nonce || meta?.content;
  return nonce && !nonce.startsWith('__') ? nonce : undefined;
}
