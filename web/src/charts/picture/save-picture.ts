// What is drawn in a part of the page, handed to the browser as a PNG: with its title, as wide as it is on the screen, and sharp. A
// chunk of its own, because most charts are only looked at.
import { saveFile } from '@/lib/save-file';
import { paintElement } from './paint-element';

const SHARPNESS = 2;
const MARGIN = 16;
const TITLE_HEIGHT = 30;

export interface PictureOrder {
  element: Element;
  /** Of the file. */
  name: string;
  /** Above the picture, where the part has no title of its own. */
  title?: string;
}

/** Whether the browser could make the file. */
export async function savePicture({ element, name, title }: PictureOrder): Promise<boolean> {
  await document.fonts.ready;
  const { x, y, width, height } = element.getBoundingClientRect();
  const above = title === undefined ? 0 : TITLE_HEIGHT;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round((width + 2 * MARGIN) * SHARPNESS);
  canvas.height = Math.round((height + 2 * MARGIN + above) * SHARPNESS);
  const context = canvas.getContext('2d');
  if (!context) return false;
  context.scale(SHARPNESS, SHARPNESS);
  const page = getComputedStyle(document.documentElement);
  context.fillStyle = page.getPropertyValue('--tm-palette-background-paper');
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (title !== undefined) {
    context.font = `600 15px ${getComputedStyle(document.body).fontFamily}`;
    context.fillStyle = page.getPropertyValue('--tm-palette-text-primary');
    context.fillText(title, MARGIN, MARGIN + 14, width);
  }
  paintElement(context, element, { x: x - MARGIN, y: y - MARGIN - above });
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (blob === null) return false;
  saveFile(blob, name);
  return true;
}
