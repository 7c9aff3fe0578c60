// Cube's own JavaScript client against this server: unchanged, with an access token in the place of its own.
import cube from '@cubejs-client/core';
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
    const answer = await client.load({
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
    });
    const counts = answer.decompose().map((part) => Number(part.rawData()[0]?.['flights.count']));
    expect(counts).toEqual([27_004, 24_951]);
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
