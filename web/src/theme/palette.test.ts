// Guards contrast and colour-blind distance of the palette in both themes.
import { describe, expect, it } from 'vitest';
import { contrast, distance, readableText } from './colour-math';
import type { Vision } from './colour-math';
import { series, seriesColour, surfaces } from './palette';
import type { ThemeMode } from './palette';

const modes: ThemeMode[] = ['light', 'dark'];
const visions: Vision[] = ['normal', 'deutan', 'protan', 'tritan'];
const smallest: Record<Vision, number> = { normal: 14.5, deutan: 9.5, protan: 9.5, tritan: 8 };

function closestPair(colours: readonly string[], vision: Vision): number {
  const distances = colours.flatMap((one, index) =>
    colours.slice(index + 1).map((other) => distance(one, other, vision)),
  );
  return Math.min(...distances);
}

describe.each(modes)('palette, %s', (mode) => {
  const surface = surfaces[mode];

  it.each(series[mode])('series colour %s has 3:1 on the card', (colour) => {
    expect(contrast(colour, surface.card)).toBeGreaterThanOrEqual(3);
  });

  it.each(visions)('eight series colours stay apart, %s vision', (vision) => {
    expect(closestPair(series[mode], vision)).toBeGreaterThanOrEqual(smallest[vision]);
  });

  it.each(visions)('the first four are clearly apart, %s vision', (vision) => {
    expect(closestPair(series[mode].slice(0, 4), vision)).toBeGreaterThanOrEqual(12.5);
  });

  it.each(['text', 'textMuted', 'accent', 'good', 'bad', 'warn'] as const)(
    '%s reads at 4.5:1 on page, card and sunken ground',
    (name) => {
      for (const ground of [surface.page, surface.card, surface.sunken])
        expect(contrast(surface[name], ground)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it('text on the accent and on its soft ground reads', () => {
    expect(contrast(surface.accentText, surface.accent)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(surface.accent, surface.accentSoft)).toBeGreaterThanOrEqual(4.5);
  });

  it('borders of inputs and context lines have 3:1', () => {
    expect(contrast(surface.border, surface.card)).toBeGreaterThanOrEqual(3);
    expect(contrast(surface.quiet, surface.card)).toBeGreaterThanOrEqual(3);
  });

  it('slots wrap round', () => {
    expect(seriesColour(8, mode)).toBe(series[mode][0]);
  });
});

describe('readable text', () => {
  it.each([
    ['#FFFFFF', '#000000'],
    ['#2F41B9', '#FFFFFF'],
    ['#FCD263', '#000000'],
  ])('on %s is %s', (ground, text) => {
    expect(readableText(ground)).toBe(text);
  });
});
