extension Migrations {
    /// Skills from before were never reviewed.
    static let quality = """
        ALTER TABLE skills ADD COLUMN quality REAL
            CONSTRAINT "a quality is 0 to 1" CHECK (quality BETWEEN 0 AND 1);
        """
}
