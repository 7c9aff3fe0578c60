// Every colour of the product, per theme. Series colours were searched for eight hues that stay apart
// for red-, green- and blue-blind eyes and keep 3:1 against the card; palette.test.ts guards both.

export type ThemeMode = 'light' | 'dark';

export interface Surface {
  page: string;
  card: string;
  // Raised over a card: hovered rows, code, chips.
  sunken: string;
  line: string;
  // Borders that carry meaning (inputs): 3:1 against the card.
  border: string;
  text: string;
  textMuted: string;
  accent: string;
  accentText: string;
  accentSoft: string;
  good: string;
  bad: string;
  warn: string;
  // The previous period, "other", and everything that is context rather than data.
  quiet: string;
}

export const surfaces: Record<ThemeMode, Surface> = {
  light: {
    page: '#F6F7F9',
    card: '#FFFFFF',
    sunken: '#EFF2F6',
    line: '#E1E5EB',
    border: '#858E9B',
    text: '#14181F',
    textMuted: '#4A5361',
    accent: '#2457C5',
    accentText: '#FFFFFF',
    accentSoft: '#E6EDFB',
    good: '#0B7A4B',
    bad: '#B42318',
    warn: '#8F5B00',
    quiet: '#7B8594',
  },
  dark: {
    page: '#0F1318',
    card: '#171C23',
    sunken: '#1F262F',
    line: '#2A323D',
    border: '#6B7787',
    text: '#EDF1F6',
    textMuted: '#A9B4C2',
    accent: '#8AB0FF',
    accentText: '#0B1220',
    accentSoft: '#1E2A42',
    good: '#4CC38A',
    bad: '#FF8A7A',
    warn: '#E5B454',
    quiet: '#8592A3',
  },
};

// Slot n is the same hue family in both themes, so a value keeps its colour when the theme changes.
export const series: Record<ThemeMode, readonly string[]> = {
  light: ['#2F41B9', '#D87C1C', '#0FA48E', '#AD71F9', '#8A6B0C', '#33749A', '#B0035A', '#3C5109'],
  dark: ['#4F6DE7', '#E89213', '#94EDD8', '#C8A1FD', '#FCD263', '#549EBB', '#E3567F', '#5F8236'],
};

// Dash patterns that go with the slots when there are more than four series.
export const dashes: readonly (readonly number[])[] = [
  [],
  [],
  [],
  [],
  [6, 3],
  [2, 3],
  [8, 3, 2, 3],
  [4, 2],
];

export function seriesColour(slot: number, mode: ThemeMode): string {
  const colours = series[mode];
  return colours[slot % colours.length] ?? surfaces[mode].quiet;
}
