-- Valid constraints may stay so.
SELECT 1;
