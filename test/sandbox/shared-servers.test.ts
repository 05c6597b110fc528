import { Connection } from '@temporalio/client';
import { searchAttributes } from '../../src/domain/search-attributes.ts';
import { query } from '../../src/sandbox/servers/postgres.ts';
import { databaseUrl, describeWithDatabase, describeWithTemporal, temporalAddress } from '../support/servers.ts';

describeWithTemporal('the shared Temporal', () => {
  test('has our search attributes', async () => {
    const connection = await Connection.connect({ address: temporalAddress() });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    await connection.close();
    expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(Object.keys(searchAttributes)));
  });
});

describeWithDatabase('the shared PostgreSQL', () => {
  test('answers', async () => {
    const { rows } = await query(databaseUrl(), 'SELECT current_database() AS name');
    expect(rows).toEqual([{ name: 'breakwater_test' }]);
  });
});
