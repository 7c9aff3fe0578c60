// What is pasted as holidays: a date and a name a line, the lines that are wrong, and the next ones.
import { describe, expect, it } from 'vitest';
import { holidayLines, HOLIDAYS_MAX, nextHolidays, readHolidays } from './holiday-lines';

describe('holidays as they are pasted', () => {
  it('reads a date and a name from each line, in the order of dates', () => {
    const pasted =
      '2026-12-26\r\n\n2026-12-25  Christmas   Day \n2027-01-01,"New Year"\n2027-05-01;\tLabour Day';
    const { holidays, problems } = readHolidays(pasted);
    expect(problems).toEqual([]);
    expect(holidays).toEqual([
      { date: '2026-12-25', name: 'Christmas Day' },
      { date: '2026-12-26' },
      { date: '2027-01-01', name: 'New Year' },
      { date: '2027-05-01', name: 'Labour Day' },
    ]);
    expect(readHolidays(holidayLines(holidays)).holidays).toEqual(holidays);
  });

  it('says which line cannot be read, and reads the others', () => {
    const { holidays, problems } = readHolidays(
      `25.12.2026 Christmas\n2026-02-30\n2026-12-25\n2026-12-25 Again\n2026-12-26 ${'x'.repeat(121)}`,
    );
    expect(holidays).toEqual([{ date: '2026-12-25' }]);
    expect(problems.map(({ line }) => line)).toEqual([1, 2, 4, 5]);
    expect(problems[0]?.text).toContain('25.12.2026');
    expect(problems[2]?.text).toContain('line 3');
  });

  it('takes as many as the server does', () => {
    const day = (number: number): string =>
      new Date(Date.UTC(2020, 0, 1 + number)).toISOString().slice(0, 10);
    const lines = (count: number): string =>
      Array.from({ length: count }, (_none, number) => day(number)).join('\n');
    expect(readHolidays(lines(HOLIDAYS_MAX)).problems).toEqual([]);
    expect(readHolidays(lines(HOLIDAYS_MAX + 1)).problems[0]?.text).toContain('2001');
  });

  it('finds those that come next', () => {
    const holidays = ['2026-12-25', '2026-12-26', '2027-01-01', '2027-05-01'].map((date) => ({
      date,
    }));
    expect(nextHolidays(holidays, '2026-12-26', 2).map(({ date }) => date)).toEqual([
      '2026-12-26',
      '2027-01-01',
    ]);
    expect(nextHolidays(holidays, '2028-01-01')).toEqual([]);
  });
});
