"""The store in a Neo4j server. Absolute imports: `import neo4j` is the driver."""
