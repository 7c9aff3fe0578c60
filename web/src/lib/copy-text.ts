// Puts a text on the clipboard. A page that came over plain HTTP has none, and a browser may refuse it.

/** Whether it is there now. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Absent where the page is not secure, whatever the types say.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    await clipboard?.writeText(text);
    return clipboard !== undefined;
  } catch {
    return false;
  }
}
