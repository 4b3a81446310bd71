import { Client, types } from 'pg'

/** A look at the tables past every promise, through a connection of its own for each question: the server may be gone. */
export type Database = { rows<T>(query: string): Promise<readonly T[]> }

export const databaseAt = (url: string): Database => ({
  rows: async <T>(query: string) => {
    const client = new Client({
      connectionString: url,
      // bigint as number, as the store reads it
      types: {
        getTypeParser: (oid, format) => (oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)),
      },
    })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query(query)).rows as T[]
    } finally {
      await client.end()
    }
  },
})
