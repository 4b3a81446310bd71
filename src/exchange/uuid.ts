/** Ids of everything kept here, as this gateway writes them. Anything else names nothing, and no column could hold it. */
export const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const isUuid = (id: string): boolean => uuidPattern.test(id)
