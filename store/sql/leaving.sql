set application_name = 'loadguard, leaving';
