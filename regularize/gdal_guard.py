"""The doors of GDAL, closed before it is loaded: imported first by whoever imports an engine.

GDAL decides by content which driver opens a file, whatever its ending says, so a "kml" may be a
virtual file that reads another file of the machine, or a service that calls the network. The
drivers listed here are taken out of every engine (pyogrio, fiona, rasterio) by the environment that
GDAL reads when it registers its drivers; what stays is ``WANTED``. The engines are of different
versions and builds, so each misses some of the names; the warnings about that are kept off the
terminal, and a test proves for each engine that only wanted drivers are left.

Settings of another GDAL or PROJ installation (OSGeo4W, PostGIS) are dropped: with a foreign
``PROJ_LIB`` the engines transform wrongly or not at all.
"""

import logging
import os

WANTED = frozenset(
    {
        # vector
        *("ESRI Shapefile", "GPKG", "GeoJSON", "GeoJSONSeq", "KML", "LIBKML", "GML", "GPX", "FlatGeobuf"),
        *("CSV", "XLSX", "DXF", "OpenFileGDB", "MapInfo File", "MEM", "Memory"),
        # raster
        *("GTiff", "COG", "PNG", "JPEG", "WEBP", "JP2OpenJPEG", "AAIGrid", "XYZ", "MBTiles"),
    }
)

# Virtual files, services and databases: they reach other files, the network, or run code.
_REACHING = """
OGR_VRT|VRT|GDALG|GTI|DERIVED|WFS|OAPIF|OGCAPI|CSW|WMS|WCS|WMTS|HTTP|STACIT|STACTA|EEDA|EEDAI|DAAS|NGW
PLSCENES|PLMOSAIC|PLMosaic|AmigoCloud|Carto|Elasticsearch|ElasticSearch|CouchDB|Cloudant|GeoRSS|GPSBabel
PostgreSQL|PGDump|PGDUMP|PostGISRaster|MySQL|MSSQLSpatial|MSSQLSpatialBCP|OCI|GeoRaster|ODBC|PGeo|HANA
MongoDBv3|MongoDB|ADBC|DB2ODBC|IDB|INGRES|SQLite|Rasterlite|RasterLite|SQLite3|TileDB|DODS|OGDI|AMIGOCLOUD
ARCREST|TMS|VirtualEarth|GMLAS|NAS|SOSI|Walk|Geomedia|KMLSUPEROVERLAY|MRF|ESRIC|NULL
"""

# Formats that the toolkit does not read: every reader that is not there cannot be attacked.
_UNUSED = """
ACE2|ADRG|AIG|AIVector|ARCGEN|AVCBin|AVCE00|AirSAR|Arrow|BAG|BIGGIF|BLX|BMP|BSB|BT|BYN|CAD|CALS|CEOS|COASP
COSAR|CPG|CTG|CTable2|DDS|DGN|DGNv8|DIMAP|DIPEx|DOQ1|DOQ2|DTED|DWG|ECRGTOC|ECW|EDIGEO|EHdr|EIR|ELAS|ENVI|ERS
ESAT|ESRIJSON|EXR|FAST|FIT|FITS|GFF|GIF|GNMDatabase|GNMFile|GRASSASCIIGrid|GRIB|GS7BG|GSAG|GSBG|GSC|GTFS|GTX
GXF|GenBin|Geoconcept|HDF4|HDF4Image|HDF5|HDF5Image|HEIF|HF2|HFA|ILWIS|IRIS|ISCE|ISG|ISIS2|ISIS3|Idrisi
Interlis 1|Interlis 2|JAXAPALSAR|JDEM|JML|JP2ECW|JP2KAK|JP2MrSID|JPEGXL|JSONFG|KEA|KRO|L1B|LAN|LCP|LIBERTIFF
LOSLAS|LVBAG|Leveller|MAP|MFF|MFF2|MSGN|MVT|MapML|MiraMonVector|MrSID|NDF|NGSGEOID|NITF|NOAA_B|NSIDCbin|NTv2
NWT_GRC|NWT_GRD|ODS|OGR_GMT|OGR_PDS|OSM|OZI|PAux|PCIDSK|PCRaster|PDF|PDS|PDS4|PMTiles|PNM|PRF|Parquet|R|RIK|RMF
ROI_PAC|RPFTOC|RRASTER|RS2|RST|S102|S104|S111|S57|SAFE|SAGA|SAR_CEOS|SDTS|SENTINEL2|SGI|SIGDEM|SNAP_TIFF|SNODAS
SRP|SRTMHGT|SVG|SXF|Selafin|TGA|TIGER|TIL|TSX|Terragen|TopoJSON|UK .NTF|USGSDEM|VDV|VFK|VICAR|WAsP
XLS|XODR|XPM|ZMap|Zarr|netCDF
"""

SKIPPED = tuple(
    dict.fromkeys(name for line in (_REACHING + _UNUSED).split("\n") for name in line.split("|") if name)
)

_FIXED = {
    "GDAL_DRIVER_PATH": "disable",  # no plug-ins of another installation
    "GDAL_PAM_ENABLED": "NO",  # no .aux.xml beside the evidence
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",  # no xlink is followed
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".never",
    "PROJ_NETWORK": "OFF",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
}
# Each of these changes how a file is read, or writes beside it, without a word.
_DROPPED = (
    "SHAPE_RESTORE_SHX",
    "SHAPE_ENCODING",
    "OGR_DRIVER_PATH",
    "GDAL_CONFIG_FILE",
    "OGR_ENABLE_PARTIAL_REPROJECTION",
    "OGR_CT_FORCE_TRADITIONAL_GIS_ORDER",
    "OSR_DEFAULT_AXIS_MAPPING_STRATEGY",
)
_FOREIGN = ("GDAL_DATA", "PROJ_LIB", "PROJ_DATA")


def close(environment: "os._Environ[str]") -> None:
    """Set the guard in `environment`; children inherit it.

    Parameters
    ----------
    environment : mapping
        ``os.environ``.

    Examples
    --------
    >>> import os
    >>> close(os.environ)
    >>> "OGR_VRT" in os.environ["OGR_SKIP"]
    True
    """
    for name in ("GDAL_SKIP", "OGR_SKIP"):
        # With a comma in the list GDAL splits at commas only, so names may hold spaces.
        environment[name] = ",".join(SKIPPED)
    environment.update(_FIXED)
    for name in _DROPPED:
        environment.pop(name, None)
    conda = environment.get("CONDA_PREFIX")
    for name in _FOREIGN:
        value = environment.get(name)
        if value and not (conda and value.startswith(conda)):
            del environment[name]
    # GDAL prints to the terminal that an engine has no driver of a skipped name. What the engines
    # have to say of a file reaches people through our own messages instead.
    environment.setdefault("CPL_LOG", os.devnull)


close(os.environ)
for _engine in ("fiona", "rasterio"):
    # Without a handler of the application, Python prints library warnings to the terminal.
    logging.getLogger(_engine).addHandler(logging.NullHandler())
