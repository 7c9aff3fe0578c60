// Cube's own JavaScript client against this server: unchanged, with an access token in the place of its own.
import cube from '@cubejs-client/core';
import type { Filter, Query } from '@cubejs-client/core';
import { expect, test } from './fixture';

test.skip(({ isMobile, colorScheme }) => isMobile || colorScheme === 'dark', 'no screen is needed');

test('the client of Cube asks and understands', async ({ seeded }) => {
  const client = cube(seeded.api.accessToken, { apiUrl: `${seeded.server.url}/cubejs-api/v1` });

  await test.step('what there is', async () => {
    const meta = await client.meta();
    expect(meta.cubes.map((found) => found.name)).toContain('flights');
    expect(meta.resolveMember('flights.count', 'measures')).toMatchObject({ type: 'number' });
    expect(meta.defaultTimeDimensionNameFor('flights.count')).toBe('flights.time_hour');
  });

  await test.step('a question with a pivot', async () => {
    const answer = await client.load({
      measures: ['flights.count'],
      dimensions: ['flights.origin'],
      timeDimensions: [
        {
          dimension: 'flights.time_hour',
          granularity: 'month',
          dateRange: ['2013-01-01', '2013-02-28'],
        },
      ],
      timezone: 'America/New_York',
    });
    expect(answer.rawData()[0]).toMatchObject({
      'flights.time_hour.month': '2013-01-01T00:00:00.000',
      'flights.origin': 'EWR',
    });
    const pivoted = answer.chartPivot({ x: ['flights.time_hour.month'], y: ['flights.origin'] });
    expect(pivoted.map((row) => row.x)).toEqual([
      '2013-01-01T00:00:00.000',
      '2013-02-01T00:00:00.000',
    ]);
    expect(
      answer.seriesNames({ x: ['flights.time_hour.month'], y: ['flights.origin'] }),
    ).toHaveLength(3);
    const total = answer.rawData().reduce((sum, row) => sum + Number(row['flights.count']), 0);
    expect(total).toBe(27_004 + 24_951);
  });

  await test.step('ranges that are compared', async () => {
    const query: Query = {
      measures: ['flights.count'],
      timeDimensions: [
        {
          dimension: 'flights.time_hour',
          compareDateRange: [
            ['2013-01-01', '2013-01-31'],
            ['2013-02-01', '2013-02-28'],
          ],
        },
      ],
      timezone: 'America/New_York',
    };
    const keys = [
      '2013-01-01T00:00:00.000 - 2013-01-31T23:59:59.999,flights.count',
      '2013-02-01T00:00:00.000 - 2013-02-28T23:59:59.999,flights.count',
    ];
    const pivot = { x: [], y: ['compareDateRange', 'measures'] };
    for (const format of [undefined, 'compact', 'columnar'] as const) {
      const answer = await client.load(query, undefined, undefined, format);
      const counts = answer.decompose().map((part) => Number(part.rawData()[0]?.['flights.count']));
      expect(counts).toEqual([27_004, 24_951]);
      // Each range is a series of its own, and none takes the place of the other.
      expect(answer.seriesNames(pivot).map((series) => series.key)).toEqual(keys);
      const [row] = answer.chartPivot(pivot);
      expect(keys.map((key) => row?.[key])).toEqual([27_004, 24_951]);
    }
  });

  await test.step('queries that are laid out by one time', async () => {
    const by = (filters: Filter[]): Query => ({
      measures: ['flights.count'],
      timeDimensions: [
        {
          dimension: 'flights.time_hour',
          granularity: 'month',
          dateRange: ['2013-01-01', '2013-02-28'],
        },
      ],
      filters,
      timezone: 'America/New_York',
    });
    const newark: Filter = { member: 'flights.origin', operator: 'equals', values: ['EWR'] };
    const one = await client.load(by([newark]));
    const both = await client.load([by([]), by([newark])]);
    expect(both.seriesNames().map((series) => series.key)).toEqual([
      '0,flights.count',
      '1,flights.count',
    ]);
    expect(both.chartPivot()).toMatchObject(
      one.rawData().map((row, month) => ({
        x: row['flights.time_hour.month'],
        '0,flights.count': [27_004, 24_951][month],
        '1,flights.count': Number(row['flights.count']),
      })),
    );
  });

  await test.step('a granularity behind a dimension, and names for people', async () => {
    const answer = await client.load({
      measures: ['flights.count'],
      dimensions: ['flights.time_hour.month'],
      order: { 'flights.time_hour.month': 'desc' },
      limit: 1,
      timezone: 'America/New_York',
    });
    expect(answer.rawData()[0]).toMatchObject({
      'flights.time_hour.month': '2013-12-01T00:00:00.000',
    });
    const [time, count] = answer.tableColumns();
    expect(time).toMatchObject({ key: 'flights.time_hour.month', type: 'time' });
    const meta = await client.meta();
    const known = meta.resolveMember('flights.count', 'measures');
    const told = { title: count?.title, shortTitle: count?.shortTitle, type: count?.type };
    expect(known).toMatchObject(told);
    expect(told.title).toMatch(new RegExp(`^.+ ${told.shortTitle}$`));
  });

  await test.step('fewer bytes', async () => {
    const query = { measures: ['flights.count'], dimensions: ['flights.origin'] };
    const plain = await client.load(query);
    const compact = await client.load(query, undefined, undefined, 'compact');
    expect(compact?.rawData()).toEqual(plain.rawData());
  });

  await test.step('how a question is understood and answered', async () => {
    const understood = await client.dryRun({ measures: ['flights.count'] });
    expect(understood.queryType).toBe('regularQuery');
    const plan = await client.sql({ measures: ['flights.count'] });
    expect(plan.sql()).toContain('SegmentAggregate');
  });

  await test.step('what is wrong', async () => {
    await expect(client.load({ measures: ['flights.cuont'] })).rejects.toThrow('count');
    const stranger = cube('nobody', { apiUrl: `${seeded.server.url}/cubejs-api/v1` });
    await expect(stranger.meta()).rejects.toThrow('token');
  });
});
